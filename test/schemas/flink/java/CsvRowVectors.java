import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.csv.CsvRowDeserializationSchema;
import org.apache.flink.formats.csv.CsvRowSerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.types.Row;

/** What CsvRowDeserializationSchema reads, and what CsvRowSerializationSchema writes; rules that no page says by chance as well. */
final class CsvRowVectors {
  private static final String[] OPTIONS = {
    "{}", "{fieldDelimiter:';'}", "{fieldDelimiter:'|',quoteCharacter:'\\''}", "{escapeCharacter:'\\\\'}", "{escapeCharacter:'\\\\',fieldDelimiter:'\\t'}",
    "{nullLiteral:'NULL'}", "{nullLiteral:''}", "{nullLiteral:'a'}", "{allowComments:true}", "{arrayElementDelimiter:'|'}", "{ignoreParseErrors:true}",
  };
  private static final String[] ANYTHING = {
    "", " ", "0", "-0", "5", " 5 ", "+5", "05", "5.0", "6.9", "1e3", "127", "128", "2147483648", "9223372036854775807", "9223372036854775808", "1.50", "1.5f", "NaN",
    "-Infinity", ".5", "5.", "true", " TRUE ", "yes", "null", "a", "z\u00fcrich", "\"quoted\"", "AQID", "AQI", "2024-02-29", "2023-02-29", "2024-2-9", "2024-02-30", " 2024-02-29", "12:34:56", "1:2:3", "12:34:56.5",
    "24:00:00", "12:34", "2024-02-29 12:34:56", "2024-02-29 12:34:56.789", "2024-02-29 12:34:56.123456789", "2024-02-29T12:34:56", "2024-02-29 12:34:56Z", "2024-02-29 12:34:56.5Z",
    "2024-02-30 12:34:56", "2024-2-9 1:2:3", "2024-02-29 24:00:00", " 2024-02-29 12:34:56 ", "2024-02-29 12:34", "0001-01-01",
  };

  private final ArrayNode out = Specs.MAPPER.createArrayNode();

  static ArrayNode reading() throws Exception {
    CsvRowVectors vectors = new CsvRowVectors();
    for (String type : new String[] {"STRING", "BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BIG_INT", "BIG_DEC", "VOID", "SQL_DATE", "SQL_TIME", "SQL_TIMESTAMP", "LOCAL_DATE",
      "LOCAL_TIME", "LOCAL_DATE_TIME"})
      for (String text : ANYTHING) vectors.read("{a:'" + type + "',b:'STRING'}", "{}", text + ",x");
    for (String text : ANYTHING) vectors.read("{a:['PRIMITIVE_ARRAY','BYTE'],b:'STRING'}", "{}", text + ",x");
    String three = "{a:'STRING',b:'INT',c:'STRING'}";
    for (String options : OPTIONS)
      for (String line : new String[] {
        "a,1,c", "a,1,c\n", "a,1,c\r\n", "a,1,c\nb,2,d\n", "a,1", "a", "a,1,c,d", "a,1,c,", "a,1,c,,", ",,", ",1,", "a,x,c", "", "\n", "\n\na,1,c", "\r", " ", "a, 1 ,c", "a,1, c ", "\"a\",\"1\",\"c\"",
        "\"a,b\",1,\"c\"\"d\"", "\"a\nb\",1,c", " \"a\",1,c", "\"a\" ,1,c", "\"a\"b,1,c", "a\"b,1,c", "\"a", "\"\",1,\"\"", "a;1;c", "a|1|c", "'a|b'|1|c", "a\t1\tc", "a\\,b,1,c", "\"a\\\"b\",1,c", "a\\nb,1,c\\", "\\,1,\\t",
        "NULL,NULL,NULL", "\"NULL\",1,c", "null,1,null", "#a,1,c", "#x\na,1,c", "# only", "\ufeffa,1,c", "a,1,c\n\n", "a,1,\"c", "a,99999999999,c", "z\u00fcrich,1,\ud835\udd42",
      })
        vectors.read(three, options, line);
    for (String options : new String[] {"{}", "{arrayElementDelimiter:'|'}", "{nullLiteral:'NULL'}", "{nullLiteral:''}", "{ignoreParseErrors:true}", "{arrayElementDelimiter:', '}", "{arrayElementDelimiter:', ',fieldDelimiter:';'}"})
      for (String cell : new String[] {"", "1", "1;2", "1|2", "1; 2 ;3", ";", "1;", ";;", "NULL", "NULL;1", "x", "1;x", "\"1;2\"", " ", "1, 2", "\"1, 2\""}) {
        vectors.read("{a:['OBJECT_ARRAY','INT'],b:'STRING'}", options, cell + ",x");
        vectors.read("{a:['BASIC_ARRAY','STRING'],b:'STRING'}", options, cell + ",x");
        vectors.read("{a:{x:'INT',y:'STRING'},b:'STRING'}", options, cell + ",x");
      }
    for (byte[] record : Encodings.of("z\u00fcrich,1,\ud835\udd42\n", "a,1,c", "a", "", ",,"))
      for (String options : new String[] {"{}", "{ignoreParseErrors:true}"}) vectors.readBytes(three, options, record, true);
    vectors.read(three, "{allowComments:true,fieldDelimiter:'\\t'}", "\t1\tc");
    vectors.read(three, "{allowComments:true,fieldDelimiter:'\\t'}", " \n# x\n #y\r\n  a\t1\tc");
    vectors.read(three, "{allowComments:true,escapeCharacter:'\\\\'}", "#x\\\n,1,c\na,1,c");
    vectors.read("{a:'STRING'}", "{}", "a");
    vectors.read("{a:'STRING'}", "{}", "");
    vectors.read("{a:'STRING'}", "{}", "\n");
    vectors.read("{a:'STRING'}", "{nullLiteral:''}", "\"\"");
    vectors.read("{'__proto__':'STRING',constructor:'INT'}", "{}", "a,1");
    vectors.read("{'__proto__':'STRING',constructor:'INT'}", "{ignoreParseErrors:true}", "a");
    for (String type : new String[] {"['LIST','INT']", "['MAP','STRING','INT']", "'INSTANT'", "'CHAR'", "['OBJECT_ARRAY',['OBJECT_ARRAY','INT']]", "['PRIMITIVE_ARRAY','INT']", "{x:{y:'INT'}}", "['TUPLE','INT']"})
      vectors.read("{a:" + type + "}", "{}", "1");
    Random random = new Random(7);
    String alphabet = "ab ,,,\"\"\\;|\n\r#' 1\u00e9";
    String[] options = {"{}", "{escapeCharacter:'\\\\'}", "{quoteCharacter:'\\'',fieldDelimiter:';'}", "{allowComments:true}", "{escapeCharacter:'\\\\',nullLiteral:'a',ignoreParseErrors:true}", "{nullLiteral:''}"};
    for (int i = 0; i < 900; i++) {
      StringBuilder line = new StringBuilder();
      for (int length = random.nextInt(14); length > 0; length--) line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      vectors.read(i % 3 == 0 ? "{a:'STRING',b:'STRING',c:'STRING'}" : i % 3 == 1 ? "{a:'STRING',b:'STRING'}" : "{a:'STRING',b:['BASIC_ARRAY','STRING']}", options[i % options.length], line.toString());
    }
    return vectors.out;
  }

  static ArrayNode writing() throws Exception {
    CsvRowVectors vectors = new CsvRowVectors();
    String[] options = {"{}", "{fieldDelimiter:';'}", "{fieldDelimiter:'\\t'}", "{lineDelimiter:''}", "{lineDelimiter:'\\r\\n'}", "{lineDelimiter:'\\r'}", "{quoteCharacter:'\\''}", "{quoteCharacter:null}", "{escapeCharacter:'\\\\'}",
      "{escapeCharacter:'\\\\',quoteCharacter:null}", "{nullLiteral:'NULL'}", "{nullLiteral:'n,l'}", "{fieldDelimiter:'|',escapeCharacter:'*'}", "{quoteCharacter:'{'}", "{fieldDelimiter:'\u00e9'}"};
    String[] texts = {"''", "' '", "'a'", "' a'", "'a '", "'a,b'", "'a;b'", "'a\\tb'", "'a\\nb'", "'a\\rb'", "'a\\\"b'", "'\\\"'", "'\\\\'", "'#a'", "'a#'", "'123456789012345678901234'", "'1234567890123456789012345'", "'NULL'", "'n,l'",
      "null", "'z\u00fcrich \ud835\udd42'", "'it\\'s'", "'a*b|c'", "'-1'", "'true'", "'\\u0000'", "'{x}'", "'~\u0080'", "'a\\\\b'", "'\u00e9'", "'x\\\"\\\\y, and more than twenty four'"};
    for (String option : options)
      for (String text : texts) vectors.write("{a:'STRING',b:'INT',c:'STRING'}", option, "[" + text + ",'1'," + text + "]");
    vectors.write("{a:'STRING'}", "{}", "['']");
    vectors.write("{a:'STRING'}", "{}", "[null]");
    vectors.write("{a:'STRING'}", "{}", "['#x']");
    for (String[] pair : new String[][] {
      {"'BOOLEAN'", "true"}, {"'BYTE'", "'-128'"}, {"'SHORT'", "'5'"}, {"'INT'", "'-5'"}, {"'LONG'", "'9007199254740993'"}, {"'FLOAT'", "'1.1'"}, {"'FLOAT'", "'1.0E10'"}, {"'FLOAT'", "'NaN'"},
      {"'DOUBLE'", "'22222254.02'"}, {"'DOUBLE'", "'1.0'"}, {"'DOUBLE'", "'NaN'"}, {"'DOUBLE'", "'-Infinity'"}, {"'DOUBLE'", "'1.2345678901234567E-300'"}, {"'BIG_INT'", "'123456789012345678901234567890'"}, {"'BIG_DEC'", "['1250',2]"}, {"'BIG_DEC'", "['125',-3]"}, {"'BIG_DEC'", "['1',10]"},
      {"'SQL_DATE'", "'2024-02-29'"}, {"'SQL_TIME'", "'12:34:56'"}, {"'SQL_TIME'", "'12:00'"}, {"'SQL_TIMESTAMP'", "'2024-02-29T12:34:56'"}, {"'SQL_TIMESTAMP'", "'2024-02-29T12:34:56.789'"}, {"'SQL_TIMESTAMP'", "'2024-02-29T00:00:00.123456789'"},
      {"'LOCAL_DATE'", "'2024-02-29'"}, {"'LOCAL_TIME'", "'12:34:56'"}, {"'LOCAL_TIME'", "'12:00'"}, {"'LOCAL_TIME'", "'12:34:56.5'"}, {"'LOCAL_DATE_TIME'", "'2024-02-29T12:34:56'"}, {"'LOCAL_DATE_TIME'", "'2024-02-29T12:34:56.789'"}, {"'LOCAL_DATE_TIME'", "'2024-02-29T00:00'"},
      {"'LOCAL_DATE_TIME'", "'2024-02-29T00:00:00.123456789'"}, {"'VOID'", "null"}, {"['PRIMITIVE_ARRAY','BYTE']", "'00ff7f'"}, {"['PRIMITIVE_ARRAY','BYTE']", "'" + "ab".repeat(30) + "'"}, {"['PRIMITIVE_ARRAY','BYTE']", "''"}, {"['OBJECT_ARRAY','INT']", "['1',null,'3']"}, {"['OBJECT_ARRAY','INT']", "[]"}, {"['OBJECT_ARRAY','DOUBLE']", "['1.0','1.0E10']"}, {"['OBJECT_ARRAY','BOOLEAN']", "[true,null]"},
      {"['OBJECT_ARRAY','BIG_DEC']", "[['1250',2]]"}, {"['OBJECT_ARRAY','LOCAL_DATE_TIME']", "['2024-02-29T00:00']"}, {"['BASIC_ARRAY','STRING']", "['a','b;c','d,e']"}, {"['BASIC_ARRAY','STRING']", "[null]"}, {"['BASIC_ARRAY','STRING']", "['','']"}, {"['BASIC_ARRAY','STRING']", "['12345678901234','1234567890']"}, {"['BASIC_ARRAY','STRING']", "['say \\\"hi\\\"']"},
      {"{x:'INT',y:'STRING'}", "['1','a']"}, {"{x:'INT',y:'STRING'}", "[null,null]"}, {"{x:'INT',y:'STRING'}", "null"}, {"'CHAR'", "'a'"}, {"'INSTANT'", "'2024-02-29T12:34:56.5Z'"}, {"['LIST','INT']", "['1']"}, {"['MAP','STRING','INT']", "[]"},
    })
      for (String option : new String[] {"{}", "{nullLiteral:'NULL'}", "{arrayElementDelimiter:'|'}", "{arrayElementDelimiter:', ',escapeCharacter:'\\\\'}"})
        vectors.write("{a:" + pair[0] + ",b:'STRING'}", option, "[" + pair[1] + ",'x']");
    Random random = new Random(7);
    String alphabet = "ab ,\"\\;|\n\r#' 1\u00e9\t";
    for (int i = 0; i < 400; i++) {
      ArrayNode value = Specs.MAPPER.createArrayNode();
      for (int field = 0; field < 2; field++) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(i % 5 == 0 ? 30 : 6); length > 0; length--) text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        value.add(text.toString());
      }
      vectors.write("{a:'STRING',b:'STRING'}", options[i % options.length], value.toString());
    }
    return vectors.out;
  }

  private void read(String type, String optionText, String line) throws Exception {
    readBytes(type, optionText, line.getBytes(StandardCharsets.UTF_8), false);
  }

  private void readBytes(String type, String optionText, byte[] record, boolean hex) throws Exception {
    ObjectNode vector = out.addObject();
    ObjectNode spec = Specs.spec(Specs.json(type));
    vector.set("type", spec);
    JsonNode options = Specs.json(optionText);
    if (options.size() > 0) vector.set("options", options);
    if (hex) vector.put("hex", HexFormat.of().formatHex(record));
    else vector.put("csv", new String(record, StandardCharsets.UTF_8));
    try {
      @SuppressWarnings("unchecked")
      CsvRowDeserializationSchema.Builder builder = new CsvRowDeserializationSchema.Builder((TypeInformation<Row>) Specs.info(spec));
      if (options.has("fieldDelimiter")) builder.setFieldDelimiter(options.get("fieldDelimiter").asText().charAt(0));
      if (options.has("allowComments")) builder.setAllowComments(true);
      if (options.has("arrayElementDelimiter")) builder.setArrayElementDelimiter(options.get("arrayElementDelimiter").asText());
      if (options.has("quoteCharacter")) builder.setQuoteCharacter(options.get("quoteCharacter").asText().charAt(0));
      if (options.has("escapeCharacter")) builder.setEscapeCharacter(options.get("escapeCharacter").asText().charAt(0));
      if (options.has("nullLiteral")) builder.setNullLiteral(options.get("nullLiteral").asText());
      if (options.has("ignoreParseErrors")) builder.setIgnoreParseErrors(true);
      CsvRowDeserializationSchema schema = builder.build();
      schema.open(null);
      Row row = schema.deserialize(record);
      if (row == null) vector.put("leftOut", true);
      else vector.set("value", Specs.plain(spec, row));
    } catch (Throwable error) {
      JsonRowVectors.failed(vector, error);
    }
  }

  private void write(String type, String optionText, String plain) throws Exception {
    ObjectNode vector = out.addObject();
    ObjectNode spec = Specs.spec(Specs.json(type));
    vector.set("type", spec);
    JsonNode options = Specs.json(optionText);
    if (options.size() > 0) vector.set("options", options);
    JsonNode value = Specs.json(plain);
    vector.set("value", value);
    try {
      @SuppressWarnings("unchecked")
      CsvRowSerializationSchema.Builder builder = new CsvRowSerializationSchema.Builder((TypeInformation<Row>) Specs.info(spec));
      if (options.has("fieldDelimiter")) builder.setFieldDelimiter(options.get("fieldDelimiter").asText().charAt(0));
      if (options.has("lineDelimiter")) builder.setLineDelimiter(options.get("lineDelimiter").asText());
      if (options.has("arrayElementDelimiter")) builder.setArrayElementDelimiter(options.get("arrayElementDelimiter").asText());
      if (options.has("quoteCharacter") && options.get("quoteCharacter").isNull()) builder.disableQuoteCharacter();
      else if (options.has("quoteCharacter")) builder.setQuoteCharacter(options.get("quoteCharacter").asText().charAt(0));
      if (options.has("escapeCharacter")) builder.setEscapeCharacter(options.get("escapeCharacter").asText().charAt(0));
      if (options.has("nullLiteral")) builder.setNullLiteral(options.get("nullLiteral").asText());
      CsvRowSerializationSchema schema = builder.build();
      schema.open(null);
      vector.put("csv", new String(schema.serialize((Row) Specs.value(spec, value)), StandardCharsets.UTF_8));
    } catch (Throwable error) {
      JsonRowVectors.failed(vector, error);
    }
  }
}
