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
    add("'BIG_INT'", "'0'", "'1'", "'10'", "'2'", "'-1'", "'127'", "'128'", "'-128'", "'-129'", "'255'", "'256'",
      "'123456789012345678901234567890'", "'-123456789012345678901234567890'", "null");
    add("'BIG_DEC'", "['0',0]", "['0',3]", "['1',0]", "['10',0]", "['1',1]", "['1250',2]", "['-1250',-3]",
      "['123456789012345678901234567890',12]", "null");
    add("'LOCAL_DATE'", "'2024-02-29'", "'0001-01-01'", "'-0044-03-15'", "'+999999-12-31'", "null");
    add("'LOCAL_TIME'", "'00:00'", "'23:59:59.999999999'", "'12:34:56.7'", "null");
    add("'LOCAL_DATE_TIME'", "'2024-02-29T12:34:56.789'", "'-0001-12-31T00:00'", "null");
    add("'INSTANT'", "'1970-01-01T00:00:00Z'", "'1969-12-31T23:59:59.999999999Z'", "'2024-02-29T12:34:56.789Z'",
      "'+999999-01-01T00:00:00Z'", "null");
    add("'VOID'", "null");
    sql();
  }

  private void sql() throws Exception {
    add("'SQL_DATE'", "'1970-01-01'", "'2024-02-29'", "'2024-03-31'", "'1582-10-15'", "'1582-10-04'", "'0001-01-01'",
      "'1500-02-28'", "'0099-12-31'", "null");
    add("'SQL_TIME'", "'00:00'", "'23:59:59'", "'12:34:56'", "null");
    add("'SQL_TIMESTAMP'", "'1970-01-01T00:00'", "'1969-12-31T23:59:59.999999999'", "'2024-07-01T12:34:56.789012345'",
      "'2024-10-27T02:30'", "'2024-11-03T01:30'", "'0001-01-01T00:00'", "'1582-10-04T23:59:59.5'", "null");
  }

  private void nested() throws Exception {
    for (String type : new String[] {"SHORT", "INT", "LONG"})
      add("['PRIMITIVE_ARRAY','" + type + "']", "[]", "['1','-2','32767']");
    add("['PRIMITIVE_ARRAY','BYTE']", "''", "'00ff7f80'");
    add("['PRIMITIVE_ARRAY','BOOLEAN']", "[]", "[true,false]");
    add("['PRIMITIVE_ARRAY','FLOAT']", "['1.5','NaN']");
    add("['PRIMITIVE_ARRAY','DOUBLE']", "['1.5','-Infinity']");
    add("['PRIMITIVE_ARRAY','CHAR']", "['a','é']");
    add("['BASIC_ARRAY','STRING']", "[]", "['a',null,'é']");
    add("['BASIC_ARRAY','CHAR']", "['a',null]");
    add("['BASIC_ARRAY','BOOLEAN']", "[true,null]");
    add("['BASIC_ARRAY','BYTE']", "['1',null]");
    add("['BASIC_ARRAY','SHORT']", "['1',null]");
    add("['BASIC_ARRAY','INT']", "['1',null,'-2']");
    add("['BASIC_ARRAY','LONG']", "['1',null]");
    add("['BASIC_ARRAY','FLOAT']", "['1.5',null]");
    add("['BASIC_ARRAY','DOUBLE']", "['1.5',null]");
    add("['OBJECT_ARRAY','STRING']", "[]", "['a',null]");
    add("['OBJECT_ARRAY',{a:'INT'}]", "[['1'],null,[null]]");
    add("['OBJECT_ARRAY',['PRIMITIVE_ARRAY','BYTE']]", "['00ff',null,'']");
    add("['LIST','INT']", "[]", "['1','2']");
    add("['LIST','STRING']", "['a',null]");
    add("['LIST',['LIST','BIG_DEC']]", "[[['1250',2],null],[]]");
    add("['MAP','STRING','INT']", "[]", "[['a','1'],['b',null]]");
    add("['MAP','LONG',['LIST','STRING']]", "[['1',['x']],['2',null]]");
    add("['TUPLE','INT']", "['1']");
    add("['TUPLE','INT','STRING',['TUPLE','DOUBLE','BOOLEAN']]", "['1',null,['1.5',true]]");
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
    }
  }

  private void add(String type, String... plains) throws Exception {
    ObjectNode spec = Specs.spec(Specs.json(type));
    for (String plain : plains) write(spec, Specs.value(spec, Specs.json(plain)));
  }

  @SuppressWarnings("unchecked")
  private ObjectNode write(ObjectNode spec, Object value) throws Exception {
    TypeInformationSerializationSchema<Object> schema = new TypeInformationSerializationSchema<>(
      (TypeInformation<Object>) Specs.info(spec), ((TypeInformation<Object>) Specs.info(spec)).createSerializer(new SerializerConfigImpl()));
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
