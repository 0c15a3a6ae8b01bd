import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.json.JsonRowDeserializationSchema;
import org.apache.flink.formats.json.JsonRowSerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.types.Row;

/** What JsonRowDeserializationSchema makes of all sorts of JSON, and what JsonRowSerializationSchema writes. */
final class JsonRowVectors {
  /** Every kind of JSON that a field may be given, whatever its type. */
  private static final String[] ANYTHING = {
    "null", "true", "false", "0", "-0", "5", "-7", "127", "128", "32768", "2147483647", "2147483648", "-2147483649",
    "9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "123456789012345678901234567890", "0.0", "-0.0", "5.0", "6.9", "-6.9", "12.50", "1.10", "0.1", "1e2", "1E-7", "100.0",
    "22222254.02", "1e10", "3.0e9", "1e18", "9.3e18", "1e400", "0.1000000000000000055511151231257827",
    "12345678901234567890.123456789", "\"\"", "\" \"", "\"5\"", "\" 5 \"", "\"+5\"", "\"-5\"", "\"5.5\"", "\"05\"", "\"1e3\"",
    "\"1.50\"", "\"0x10\"", "\"1.5f\"", "\"1d\"", "\"NaN\"", "\"-Infinity\"", "\"nan\"", "\".5\"", "\"5.\"", "\"1_000\"",
    "\"300\"", "\"9223372036854775808\"", "\"99999999999999999999\"", "\"true\"", "\" TRUE \"", "\"yes\"", "\"null\"",
    "\"a\"", "\"zürich\"", "\"\\u00e9\\n\\\"\\\\\"", "{}", "[]", "{\"b\":1,\"1\":2.0,\"c\":[true,null,\"x\"]}", "[1,2.50,\"a\",null,1e3]",
    "[[1],{}]", "\"AQID\"", "\"AQI=\"", "\"AQI\"", "\"AQ==\"", "\"A?==\"", "\"AQ ID\"", "\"_w==\"", "\"/w==\"",
  };
  private static final String[] DATES = {
    "\"2024-02-29\"", "\"2023-02-29\"", "\"2024-02-30\"", "\"2024-2-9\"", "\"+12024-02-29\"", "\"12024-02-29\"", "\"-0001-12-31\"",
    "\"0000-01-01\"", "\" 2024-02-29\"", "\"2024-02-29T00:00:00Z\"", "\"0001-01-01\"",
  };
  private static final String[] TIMES = {
    "\"12:34:56Z\"", "\"12:34:56\"", "\"12:34:56.5Z\"", "\"12:34:56.000Z\"", "\"12:34:56.Z\"", "\"12:34Z\"", "\"24:00:00Z\"",
    "\"23:59:60Z\"", "\"12:34:56z\"", "\"12:34:56+00:00\"", "\"00:00:00Z\"",
  };
  private static final String[] TIMESTAMPS = {
    "\"2024-02-29T12:34:56Z\"", "\"2024-02-29T12:34:56.789Z\"", "\"2024-02-29T12:34:56.123456789Z\"",
    "\"2024-02-29T12:34:56.1234567891Z\"", "\"2024-02-29T12:34:56.Z\"", "\"2024-02-29T12:34:56\"", "\"2024-02-29 12:34:56Z\"",
    "\"2024-02-29t12:34:56Z\"", "\"2024-02-29T12:34:56+00:00\"", "\"2024-02-29T12:34:56+01:00\"", "\"2024-02-30T00:00:00Z\"",
    "\"2023-02-29T00:00:00Z\"", "\"2024-04-31T00:00:00Z\"", "\"2024-02-32T00:00:00Z\"", "\"2024-13-01T00:00:00Z\"", "\"2024-02-29T24:00:00Z\"",
    "\"2024-02-29T24:00:01Z\"", "\"2024-02-29T25:00:00Z\"", "\"2024-02-29T12:34Z\"", "\"2024-02-29T12:34:60Z\"", "\"+12024-02-29T00:00:00Z\"",
    "\"0001-01-01T00:00:00Z\"", "\"2024-02-29\"",
  };

  private final ArrayNode out = Specs.MAPPER.createArrayNode();

  static ArrayNode reading() throws Exception {
    JsonRowVectors vectors = new JsonRowVectors();
    for (String type : new String[] {"STRING", "BOOLEAN", "BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BIG_INT", "BIG_DEC", "VOID"})
      vectors.fields("'" + type + "'", ANYTHING);
    vectors.fields("['PRIMITIVE_ARRAY','BYTE']", ANYTHING);
    vectors.fields("['BASIC_ARRAY','STRING']", ANYTHING);
    vectors.fields("['OBJECT_ARRAY','LONG']", "[]", "[1,\"2\",null,3.5,9007199254740993]", "[\"x\"]", "null", "{}", "1");
    vectors.fields("['OBJECT_ARRAY',{x:'INT'}]", "[{\"x\":1},null,{}]", "[1]");
    vectors.fields("['MAP','STRING','INT']", "{}", "{\"a\":1}", "{\"a\":null}", "{\"__proto__\":1}", "{\"a\":\"x\"}", "[]", "[1]", "1", "\"x\"", "null");
    vectors.fields("['MAP','INT','STRING']", "{\"5\":1.0}", "{\" 7 \":true}", "{\"x\":1}");
    vectors.fields("{x:'INT',y:{z:'STRING'}}", "{}", "{\"x\":1,\"y\":{\"z\":2.50}}", "[]", "\"x\"", "1", "{\"x\":\"?\",\"y\":{\"z\":\"!\"}}");
    vectors.fields("'SQL_DATE'", DATES);
    vectors.fields("'LOCAL_DATE'", DATES);
    vectors.fields("'SQL_TIME'", TIMES);
    vectors.fields("'LOCAL_TIME'", TIMES);
    vectors.fields("'SQL_TIMESTAMP'", TIMESTAMPS);
    vectors.fields("'LOCAL_DATE_TIME'", TIMESTAMPS);
    for (String type : new String[] {"'SQL_DATE'", "'LOCAL_TIME'", "'LOCAL_DATE_TIME'"})
      vectors.fields(type, "null", "5", "true", "\"\"", "{}");
    vectors.fields("'CHAR'", "\"a\"", "\"ab\"", "\"\"", "97", "null", "5.5", "true");
    vectors.fields("'INSTANT'", "\"2024-02-29T12:34:56.5Z\"", "\"2024-02-29T12:34:56+01:00\"", "5", "5.25", "\"5\"", "\"x\"", "\"\"", "null");
    vectors.fields("['PRIMITIVE_ARRAY','INT']", "[1,\"2\",3.7]", "null", "1");
    vectors.fields("['PRIMITIVE_ARRAY','BOOLEAN']", "[true,\"false\"]");
    vectors.fields("['PRIMITIVE_ARRAY','DOUBLE']", "[1,2.5,\"3\"]");
    vectors.fields("['LIST','STRING']", "[\"a\",null]", "[]", "null", "1");
    vectors.fields("['LIST','INT']", "[1,2]");
    // Where one field is a decimal, the whole record is read with decimals.
    for (String json : new String[] {"1.10", "1.0", "1e2", "1E-7", "100.0", "0.10000000000000000000001", "5", "1e400", "-0.0", "[1.50]", "1e18", "6.9", "9.3e18"})
      for (String type : new String[] {"'STRING'", "'INT'", "'LONG'", "'DOUBLE'", "'FLOAT'"})
        vectors.read("{a:" + type + ",d:'BIG_DEC'}", "{\"a\":" + json + ",\"d\":" + json + "}", 0);
    for (String type : new String[] {"['MAP','STRING','BIG_DEC']", "['OBJECT_ARRAY','BIG_DEC']", "['LIST','BIG_DEC']", "{x:'BIG_DEC'}", "'BIG_INT'",
      "['OBJECT_ARRAY',{x:'BIG_DEC'}]", "['MAP','BIG_DEC','STRING']", "['BASIC_ARRAY','STRING']"})
      vectors.read("{a:'STRING',d:" + type + "}", "{\"a\":1e2}", 0);
    String row = "{a:'INT',b:'STRING'}";
    for (String json : new String[] {
      "{\"a\":1,\"b\":\"x\"}", "{}", "{\"a\":1}", "{\"c\":1}", "{\"a\":null,\"b\":null}", "", " ", "null", "[]", "1", "\"x\"", "true", "{", "{\"a\":1",
      "{\"a\":1}garbage", "{\"a\":1}{\"a\":2}", "{\"a\":1} \n", "{\"a\":1,\"a\":2}", "{'a':1}", "{a:1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":5.}",
      "{\"a\":NaN}", "{\"a\":1,}", "// x\n{\"a\":1}", "{\"b\":\"tab\there\"}", "{\"b\":\"\\x\"}", "{\"b\":\"\\ud800\"}", "\ufeff{\"a\":1}", "{\"a\":\"x\",\"b\":\"y\"}",
      "{\"a\":99999999999,\"b\":5}", "{\"b\":{\"k\":1,\"k\":2}}", "{\"b\":{\"a\\u0001\\u001f\\u007f/é\":\"\\ud83d\\ude00\"}}", "{\"__proto__\":{\"a\":1}}", "nul", "{\"a\":1}]",
    })
      for (int flags = 0; flags < 3; flags++) vectors.read(row, json, flags);
    vectors.read("{'__proto__':'INT','constructor':'STRING'}", "{\"__proto__\":1,\"constructor\":\"x\"}", 0);
    vectors.read("{'__proto__':'INT','constructor':'STRING'}", "{}", 0);
    vectors.read("{'__proto__':'INT','constructor':'STRING'}", "{}", 1);
    vectors.read("{n:{x:'INT'}}", "{\"n\":{}}", 1);
    vectors.read("{n:{x:'INT'}}", "{\"n\":{\"x\":\"?\"}}", 2);
    vectors.read("{n:['OBJECT_ARRAY','INT']}", "{\"n\":[1,\"?\",3]}", 2);
    vectors.read("{n:['MAP','INT','INT']}", "{\"n\":{\"1\":\"?\",\"x\":5}}", 2);
    for (String hex : new String[] {"7b2261223aff7d", "7b2262223a22ff227d", "7b2262223a22c3a9227d", "7b2262223a22eda080227d", "7b2262223a22c0af227d",
      "007b0022006100220 03a0031007d".replace(" ", ""), "7b002200610022003a0031007d00", "fffe7b002200610022003a0031007d00"}) {
      vectors.readBytes(row, HexFormat.of().parseHex(hex), true, 0);
      vectors.readBytes(row, HexFormat.of().parseHex(hex), true, 2);
    }
    for (byte[] record : Encodings.of("{\"a\":5,\"b\":\"z\u00fcrich \ud835\udd42\"}", "{}", "5", "null", "", "{\"b\":\"\ufeff\"}"))
      for (int flags : new int[] {0, 2}) vectors.readBytes(row, record, true, flags);
    return vectors.out;
  }

  static ArrayNode writing() throws Exception {
    JsonRowVectors vectors = new JsonRowVectors();
    vectors.write("'STRING'", "''", "'a'", "'zürich 𝕂'", "'\\u0000\\b\\t\\n\\f\\r\\u001f\\u007f\\u0080\\u2028/\\\\\\\"'", "null", "'\\ud800'", "'\\udc00x'");
    vectors.write("'BOOLEAN'", "true", "false", "null");
    vectors.write("'BYTE'", "'-128'");
    vectors.write("'SHORT'", "'-32768'");
    vectors.write("'INT'", "'2147483647'", "'0'");
    vectors.write("'LONG'", "'9007199254740993'", "'-9223372036854775808'", "'5'");
    vectors.write("'BIG_INT'", "'123456789012345678901234567890'", "'0'", "null");
    vectors.write("'BIG_DEC'", "['1250',2]", "['125',-1]", "['100',0]", "['1000',3]", "['0',0]", "['0',5]", "['0',-3]", "['1',10]", "['123',-20]",
      "['-5',7]", "['12345678901234567890123456789',10]", "['100',-2]", "null");
    String[] doubles = {"0.0", "-0.0", "1.0", "0.1", "100.0", "9999999.0", "1.0E7", "22222254.02", "0.001", "9.99E-4", "1.0E-4", "123456.789", "4.9E-324",
      "1.7976931348623157E308", "1.0E22", "1.0E21", "1.2345678901234567E19", "NaN", "Infinity", "-Infinity", "3.0E10", "-1.5E-10", "null"};
    for (int i = 0; i < doubles.length; i++) vectors.write("'DOUBLE'", i == doubles.length - 1 ? "null" : "'" + doubles[i] + "'");
    for (String f : new String[] {"0.0", "1.1", "0.1", "1.0E7", "9999999.0", "1.6777216E7", "3.4028235E38", "1.4E-45", "0.001", "1.0E-4", "33554432", "NaN"})
      vectors.write("'FLOAT'", "'" + f + "'");
    for (String type : new String[] {"SQL_DATE", "LOCAL_DATE"})
      vectors.write("'" + type + "'", "'2024-02-29'", "'0001-01-01'", "null");
    vectors.write("'LOCAL_DATE'", "'+12024-02-29'", "'-0001-01-01'");
    vectors.write("'SQL_TIME'", "'12:34:56'", "'00:00'");
    vectors.write("'LOCAL_TIME'", "'12:34:56'", "'12:34:56.789'", "'12:34:56.000000001'", "'00:00'");
    for (String type : new String[] {"SQL_TIMESTAMP", "LOCAL_DATE_TIME"})
      vectors.write("'" + type + "'", "'2024-02-29T12:34:56'", "'2024-02-29T12:34:56.789'", "'2024-02-29T00:00:00.000001'", "'2024-02-29T00:00'", "null");
    vectors.write("'INSTANT'", "'2024-02-29T12:34:56.5Z'", "'1970-01-01T00:00:00Z'", "'1969-12-31T23:59:59.5Z'");
    vectors.write("'CHAR'", "'a'");
    vectors.write("'VOID'", "null");
    vectors.write("['PRIMITIVE_ARRAY','BYTE']", "''", "'00ff7f80'", "null", "'" + "ab".repeat(100) + "'");
    vectors.write("['PRIMITIVE_ARRAY','INT']", "['1','2']");
    vectors.write("['PRIMITIVE_ARRAY','DOUBLE']", "['1.0','1.0E10']");
    vectors.write("['PRIMITIVE_ARRAY','CHAR']", "['a','b']");
    vectors.write("['BASIC_ARRAY','STRING']", "[]", "['a',null]", "null");
    vectors.write("['OBJECT_ARRAY',{x:'INT',t:'SQL_TIME'}]", "[['1','12:00'],null,[null,null]]");
    vectors.write("['LIST','STRING']", "['a',null]");
    vectors.write("['LIST','DOUBLE']", "['1.0']");
    vectors.write("['LIST','LOCAL_DATE']", "['2024-02-29']");
    vectors.write("['MAP','STRING','DOUBLE']", "[]", "[['a','1.0'],['b',null]]", "[['__proto__','1.0']]", "null");
    vectors.write("['MAP','INT','STRING']", "[['5','x']]");
    vectors.write("['MAP','STRING','BIG_DEC']", "[['a',['1250',2]]]");
    vectors.write("['MAP','STRING','LOCAL_DATE_TIME']", "[['a','2024-02-29T12:34:56']]");
    vectors.write("['MAP','STRING','LOCAL_TIME']", "[['a','12:34:56'],['b','12:00'],['c','12:34:56.7']]");
    vectors.write("['MAP','STRING','INSTANT']", "[['a','2024-02-29T12:34:56.5Z']]");
    vectors.write("['MAP','STRING','SQL_DATE']", "[['a','2024-02-29']]");
    vectors.write("['MAP','STRING','SQL_TIME']", "[['a','12:34:56']]");
    vectors.write("['MAP','STRING','SQL_TIMESTAMP']", "[['a','2024-02-29T12:34:56.789']]");
    vectors.write("['MAP','STRING',['PRIMITIVE_ARRAY','BYTE']]", "[['a','00ff']]");
    vectors.write("['MAP','STRING',['OBJECT_ARRAY','LOCAL_DATE_TIME']]", "[['a',['2024-02-29T12:00',null]]]");
    vectors.write("['MAP','LOCAL_DATE','INT']", "[['2024-02-29','1']]");
    vectors.write("['MAP','BOOLEAN','INT']", "[[true,'1']]");
    vectors.write("['MAP','DOUBLE','INT']", "[['1.0E10','1']]");
    vectors.write("['LIST',['LIST','BIG_DEC']]", "[[['1250',2],['100',0]]]");
    vectors.write("['OBJECT_ARRAY','BIG_DEC']", "[['1250',2]]");
    vectors.write("{x:'INT',y:{z:'STRING'}}", "['1',['a']]", "[null,null]", "null");
    vectors.whole("{a:'INT','__proto__':'STRING','':'LONG','1':'INT'}", "['1','x','5','2']");
    vectors.whole("{}", "[]");
    return vectors.out;
  }

  private void fields(String type, String... jsons) throws Exception {
    for (String json : jsons) read("{a:" + type + "}", "{\"a\":" + json + "}", 0);
  }

  private void read(String type, String json, int flags) throws Exception {
    readBytes(type, json.getBytes(StandardCharsets.UTF_8), false, flags);
  }

  private void readBytes(String type, byte[] record, boolean hex, int flags) throws Exception {
    ObjectNode spec = Specs.spec(Specs.json(type));
    ObjectNode vector = Specs.MAPPER.createObjectNode();
    vector.set("type", spec);
    if (flags == 1) vector.put("failOnMissingField", true);
    if (flags == 2) vector.put("ignoreParseErrors", true);
    if (hex) vector.put("hex", HexFormat.of().formatHex(record));
    else vector.put("json", new String(record, StandardCharsets.UTF_8));
    try {
      @SuppressWarnings("unchecked")
      JsonRowDeserializationSchema.Builder builder = new JsonRowDeserializationSchema.Builder((TypeInformation<Row>) Specs.info(spec));
      if (flags == 1) builder.failOnMissingField();
      if (flags == 2) builder.ignoreParseErrors();
      JsonRowDeserializationSchema schema = builder.build();
      schema.open(null);
      Row row = schema.deserialize(record);
      if (row == null) vector.put("leftOut", true);
      else vector.set("value", Specs.plain(spec, row));
    } catch (Throwable error) {
      failed(vector, error);
    }
    out.add(vector);
  }

  static void failed(ObjectNode vector, Throwable error) {
    vector.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
    if (error.getCause() != null && error.getCause().getMessage() != null)
      vector.put("cause", error.getCause().getClass().getSimpleName() + ": " + error.getCause().getMessage().split("\n")[0]);
  }

  private void write(String type, String... plains) throws Exception {
    for (String plain : plains) whole("{a:" + type + "}", "[" + plain + "]");
  }

  @SuppressWarnings("unchecked")
  private void whole(String type, String plain) throws Exception {
    ObjectNode spec = Specs.spec(Specs.json(type));
    ObjectNode vector = out.addObject();
    vector.set("type", spec);
    JsonNode value = Specs.json(plain);
    vector.set("value", value);
    try {
      JsonRowSerializationSchema schema = JsonRowSerializationSchema.builder().withTypeInfo((TypeInformation<Row>) Specs.info(spec)).build();
      schema.open(null);
      vector.put("json", new String(schema.serialize((Row) Specs.value(spec, value)), StandardCharsets.UTF_8));
    } catch (Throwable error) {
      failed(vector, error);
    }
  }
}
