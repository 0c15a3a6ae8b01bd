import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HexFormat;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.serialization.TypeInformationSerializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;

/** What TypeInformationSerializationSchema writes; and that it reads the same value back. */
final class BinaryVectors {
  private final ArrayNode out = Specs.MAPPER.createArrayNode();
  private String zone = "UTC";

  static ArrayNode make() throws Exception {
    BinaryVectors vectors = new BinaryVectors();
    vectors.basic();
    vectors.nested();
    for (String zone : new String[] {"Europe/Berlin", "America/New_York"}) {
      vectors.zone = zone;
      java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone(zone));
      vectors.sql();
    }
    java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"));
    return vectors.out;
  }

  private void basic() throws Exception {
    add("'STRING'", "''", "'a'", "'zürich'", "'𝕂 and ￿'", "'" + "x".repeat(127) + "'", "'" + "é".repeat(200) + "'",
      "'" + "y".repeat(16383) + "'", "'\\ud800'", "'\\u0000\\u007f\\u0080\\u3fff\\u4000'", "null");
    add("'CHAR'", "'a'", "'é'", "'\\uffff'");
    add("'BOOLEAN'", "true", "false");
    add("'BYTE'", "'0'", "'-128'", "'127'");
    add("'SHORT'", "'0'", "'-32768'", "'32767'");
    add("'INT'", "'0'", "'-1'", "'-2147483648'", "'2147483647'");
    add("'LONG'", "'0'", "'-1'", "'9007199254740991'", "'9007199254740992'", "'-9007199254740993'",
      "'4294967296'", "'-4294967297'", "'-9223372036854775808'", "'9223372036854775807'");
    add("'FLOAT'", "'0.0'", "'-0.0'", "'1.1'", "'NaN'", "'Infinity'", "'1.4E-45'", "'3.4028235E38'");
    add("'DOUBLE'", "'0.0'", "'-0.0'", "'1.1'", "'NaN'", "'-Infinity'", "'4.9E-324'", "'1.7976931348623157E308'");
    add("'BIG_INT'", "'0'", "'1'", "'10'", "'2'", "'9'", "'11'", "'-1'", "'-10'", "'100'", "'127'", "'128'", "'-128'", "'-129'",
      "'255'", "'256'", "'9223372036854775807'", "'-9223372036854775808'", "'9223372036854775808'",
      "'123456789012345678901234567890'", "'-123456789012345678901234567890'", "null");
    add("'BIG_DEC'", "['0',0]", "['0',1]", "['0',2]", "['0',3]", "['0',-1]", "['1',0]", "['1',1]", "['1',2]", "['1',-1]", "['10',0]",
      "['10',1]", "['10',2]", "['10',-3]", "['-1',0]", "['-1',1]", "['2',0]", "['100',0]", "['1250',2]", "['-1250',-3]",
      "['1',2147483647]", "['1',-2147483648]", "['9223372036854775807',0]", "['123456789012345678901234567890',12]", "null");
    decimals();
    add("'LOCAL_DATE'", "'2024-02-29'", "'0001-01-01'", "'-0044-03-15'", "'0000-01-01'", "'9999-12-31'", "'+10000-01-01'",
      "'+999999-12-31'", "'-999999-01-01'", "null");
    add("'LOCAL_TIME'", "'00:00'", "'23:59:59.999999999'", "'12:34:56.7'", "null");
    add("'LOCAL_DATE_TIME'", "'2024-02-29T12:34:56.789'", "'-0001-12-31T00:00'", "null");
    add("'INSTANT'", "'1970-01-01T00:00:00Z'", "'1969-12-31T23:59:59.999999999Z'", "'2024-02-29T12:34:56.789Z'",
      "'0001-01-01T00:00:00Z'", "'9999-12-31T23:59:59.999999999Z'",
      "'+999999-01-01T00:00:00Z'", "'-999999-01-01T00:00:00Z'", "null");
    add("'VOID'", "null");
    sql();
  }

  /** The ways in which programs come by these numbers; a reader gets all of them, and a writer writes the first. */
  private void decimals() throws Exception {
    ObjectNode integer = Specs.spec(Specs.json("'BIG_INT'"));
    for (BigInteger value : new BigInteger[] {BigInteger.ZERO, BigInteger.ONE, BigInteger.TEN, BigInteger.valueOf(7).subtract(BigInteger.valueOf(7)),
      BigInteger.valueOf(5).add(BigInteger.valueOf(5)), new BigInteger("0"), new BigInteger("1"), new BigInteger("10")})
      written(integer, value);
    ObjectNode decimal = Specs.spec(Specs.json("'BIG_DEC'"));
    for (BigDecimal value : new BigDecimal[] {BigDecimal.ZERO, BigDecimal.ONE, BigDecimal.TEN, new BigDecimal("0"), new BigDecimal("0.00"),
      new BigDecimal("0.1"), new BigDecimal("0.01"), new BigDecimal("1"), new BigDecimal("1.0"), new BigDecimal("10"), new BigDecimal("1e1"),
      new BigDecimal("0.10"), BigDecimal.valueOf(0.1), BigDecimal.valueOf(10), BigDecimal.valueOf(0, 5), new BigDecimal("1.50").subtract(new BigDecimal("1.50")),
      new BigDecimal(new BigInteger("1"), 2), new BigDecimal(new BigInteger("10"))})
      written(decimal, value);
  }

  /** `alias` where the same number, made another way, is written in other bytes. */
  private void written(ObjectNode spec, Object value) throws Exception {
    ObjectNode vector = write(spec, value);
    JsonNode plain = vector.get("value");
    byte[] first = bytes(spec, Specs.value(spec, plain));
    if (!HexFormat.of().formatHex(first).equals(vector.get("hex").asText())) vector.put("alias", true);
  }

  private void sql() throws Exception {
    add("'SQL_DATE'", "'1970-01-01'", "'2024-02-29'", "'2024-03-31'", "'1582-10-15'", "'1582-10-04'", "'0001-01-01'",
      "'1500-02-28'", "'0099-12-31'", "'9999-12-31'", "'+275760-09-11'", "null");
    add("'SQL_TIME'", "'00:00'", "'23:59:59'", "'12:34:56'", "null");
    add("'SQL_TIMESTAMP'", "'1970-01-01T00:00'", "'1969-12-31T23:59:59.999999999'", "'2024-07-01T12:34:56.789012345'",
      "'2024-10-27T02:30'", "'2024-11-03T01:30'", "'0001-01-01T00:00'", "'1582-10-04T23:59:59.5'", "'9999-12-31T23:59:59.999999999'",
      "'+275760-09-11T12:00'", "null");
  }

  private void nested() throws Exception {
    add("['PRIMITIVE_ARRAY','BYTE']", "''", "'00ff7f80'");
    add("['PRIMITIVE_ARRAY','BOOLEAN']", "[]", "[true,false]");
    add("['PRIMITIVE_ARRAY','SHORT']", "[]", "['1','-32768','32767']");
    add("['PRIMITIVE_ARRAY','INT']", "[]", "['1','-2147483648','2147483647']");
    add("['PRIMITIVE_ARRAY','LONG']", "[]", "['1','-9223372036854775808','9223372036854775807']");
    add("['PRIMITIVE_ARRAY','FLOAT']", "[]", "['1.5','NaN']");
    add("['PRIMITIVE_ARRAY','DOUBLE']", "[]", "['1.5','-Infinity']");
    add("['PRIMITIVE_ARRAY','CHAR']", "[]", "['a','é']");
    String[][] elements = {{"STRING", "'a'", "''"}, {"CHAR", "'a'", "'\uffff'"}, {"BOOLEAN", "true", "false"}, {"BYTE", "'1'", "'-128'"},
      {"SHORT", "'1'", "'-32768'"}, {"INT", "'1'", "'-2'"}, {"LONG", "'1'", "'9223372036854775807'"}, {"FLOAT", "'1.5'", "'NaN'"},
      {"DOUBLE", "'1.5'", "'-2.5'"}, {"BIG_INT", "'0'", "'-129'"}, {"BIG_DEC", "['10',1]", "['0',2]"}, {"SQL_DATE", "'2024-02-29'", "'1970-01-01'"},
      {"SQL_TIME", "'12:34:56'", "'00:00'"}, {"SQL_TIMESTAMP", "'2024-02-29T12:34:56.789'", "'1970-01-01T00:00'"},
      {"LOCAL_DATE", "'2024-02-29'", "'0001-01-01'"}, {"LOCAL_TIME", "'12:34:56.7'", "'00:00'"}, {"LOCAL_DATE_TIME", "'2024-02-29T12:34'", "'0001-01-01T00:00'"},
      {"INSTANT", "'2024-02-29T12:34:56.789Z'", "'1970-01-01T00:00:00Z'"}, {"VOID", "null", "null"}};
    for (int i = 0; i < elements.length; i++) {
      String[] element = elements[i];
      String type = "'" + element[0] + "'";
      String both = element[1] + "," + element[2];
      boolean nullable = i == 0 || i > 8;
      if (i < 9) add("['BASIC_ARRAY'," + type + "]", "[]", "[null]", "[" + both + ",null]");
      add("['OBJECT_ARRAY'," + type + "]", "[]", "[null]", "[" + both + ",null]");
      add("['OBJECT_ARRAY',['OBJECT_ARRAY'," + type + "]]", "[]", "[[],null,[" + both + "]]");
      add("['LIST'," + type + "]", "[]", nullable ? "[" + both + ",null]" : "[" + both + "]");
      add("['MAP','STRING'," + type + "]", "[]", "[['a'," + element[1] + "],['b',null]]");
      if (!element[0].equals("VOID")) add("['MAP'," + type + ",'INT']", "[]", "[[" + element[1] + ",'1'],[" + element[2] + ",null]]");
      add("['TUPLE'," + type + "," + type + "]", "[" + both + "]");
      add("{a:" + type + ",b:['LIST'," + type + "],c:{d:" + type + "}}", "[" + element[1] + ",[" + both + "],[" + element[2] + "]]", "[null,[],[null]]",
        "[null,null,null]");
    }
    add("['OBJECT_ARRAY',{a:'INT'}]", "[]", "[['1'],null,[null]]");
    add("['OBJECT_ARRAY',{a:'STRING',b:'BIG_DEC'}]", "[['x',['1',0]],null,[null,null]]");
    add("['OBJECT_ARRAY',['PRIMITIVE_ARRAY','BYTE']]", "['00ff',null,'']");
    add("['OBJECT_ARRAY',['PRIMITIVE_ARRAY','INT']]", "[['1'],null,[]]");
    add("['OBJECT_ARRAY',['BASIC_ARRAY','STRING']]", "[['a',null],null,[]]");
    add("['OBJECT_ARRAY',['LIST','STRING']]", "[['a',null],null,[]]");
    add("['OBJECT_ARRAY',['MAP','STRING','BIG_DEC']]", "[[['a',['0',2]],['b',null]],null,[]]");
    add("['OBJECT_ARRAY',['TUPLE','INT','STRING']]", "[['1','a'],null]");
    add("['LIST',{a:'INT'}]", "[['1'],[null]]");
    add("['LIST',['OBJECT_ARRAY','STRING']]", "[['a',null],[]]");
    add("['LIST',['BASIC_ARRAY','INT']]", "[['1',null],[]]");
    add("['LIST',['PRIMITIVE_ARRAY','BYTE']]", "['00',''] ");
    add("['LIST',['MAP','INT','STRING']]", "[[['1','a'],['2',null]],[]]");
    add("['LIST',['LIST','BIG_DEC']]", "[[['1250',2],null,['10',1]],[]]");
    add("['MAP','STRING','INT']", "[[null,'1'],['a','2']]");
    add("['MAP','LONG',['LIST','STRING']]", "[['1',['x']],['2',null]]");
    add("['MAP','STRING',['OBJECT_ARRAY','STRING']]", "[['a',['x',null]],['b',null]]");
    add("['MAP',{a:'INT'},['TUPLE','INT']]", "[[['1'],['2']],[[null],null]]");
    add("['TUPLE','INT']", "['1']");
    add("['TUPLE','INT','STRING',['TUPLE','DOUBLE','BOOLEAN']]", "['1',null,['1.5',true]]");
    StringBuilder widest = new StringBuilder("['TUPLE'");
    StringBuilder fields = new StringBuilder("[");
    for (int i = 0; i < 25; i++) {
      widest.append(",'BYTE'");
      fields.append(i == 0 ? "" : ",").append("'" + i + "'");
    }
    add(widest + "]", fields + "]");
    add("{}", "[]");
    add("{a:'INT'}", "['1']", "[null]");
    add("{id:'INT',name:'STRING',price:'DOUBLE',count:'LONG',ok:'BOOLEAN'}", "['1','kettle','12.5','9007199254740993',true]",
      "[null,null,null,null,null]");
    for (int arity : new int[] {5, 6, 7, 8, 13, 14, 15, 30}) {
      StringBuilder type = new StringBuilder("{");
      StringBuilder some = new StringBuilder("[");
      for (int i = 0; i < arity; i++) {
        type.append(i == 0 ? "" : ",").append("f").append(i).append(":'BYTE'");
        some.append(i == 0 ? "" : ",").append(i % 3 == 1 ? "'" + i + "'" : "null");
      }
      add(type + "}", some + "]");
    }
    add("{inner:{t:'LOCAL_DATE_TIME',m:['MAP','STRING',{x:'FLOAT'}]},list:['OBJECT_ARRAY','INT'],bytes:['PRIMITIVE_ARRAY','BYTE']}",
      "[['2024-02-29T00:00',[['k',['1.5']],['n',null]]],['1',null],'beef']", "[[null,null],[],'']", "[null,null,null]");
    for (RowKind kind : RowKind.values()) {
      ObjectNode type = Specs.spec(Specs.json("{a:'INT',b:'STRING'}"));
      Row row = Row.ofKind(kind, 1, null);
      write(type, row).put("kind", kind.name());
      Row named = Row.withNames(kind);
      named.setField("b", "x");
      named.setField("a", 1);
      ObjectNode vector = out.addObject();
      vector.set("type", type);
      vector.set("value", Specs.json("['1','x']"));
      vector.put("hex", HexFormat.of().formatHex(bytes(type, named))).put("kind", kind.name());
    }
  }

  private void add(String type, String... plains) throws Exception {
    ObjectNode spec = Specs.spec(Specs.json(type));
    for (String plain : plains) write(spec, Specs.value(spec, Specs.json(plain)));
  }

  @SuppressWarnings("unchecked")
  private static TypeInformationSerializationSchema<Object> schema(ObjectNode spec) {
    TypeInformation<Object> type = (TypeInformation<Object>) Specs.info(spec);
    return new TypeInformationSerializationSchema<>(type, type.createSerializer(new SerializerConfigImpl()));
  }

  private static byte[] bytes(ObjectNode spec, Object value) {
    return schema(spec).serialize(value);
  }

  private ObjectNode write(ObjectNode spec, Object value) throws Exception {
    TypeInformationSerializationSchema<Object> schema = schema(spec);
    byte[] bytes = schema.serialize(value);
    JsonNode plain = Specs.plain(spec, value);
    if (!Specs.plain(spec, schema.deserialize(bytes)).equals(plain))
      System.err.println("Flink reads " + Specs.plain(spec, schema.deserialize(bytes)) + " for " + plain + " in " + zone);
    ObjectNode vector = out.addObject();
    vector.set("type", spec);
    vector.set("value", plain);
    vector.put("hex", HexFormat.of().formatHex(bytes));
    if (!zone.equals("UTC")) vector.put("zone", zone);
    return vector;
  }
}
