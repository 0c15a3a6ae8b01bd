import org.apache.flink.api.common.typeinfo.BasicArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.typeutils.ObjectArrayTypeInfo;
import org.apache.flink.api.java.typeutils.RowTypeInfo;
import org.apache.flink.formats.json.JsonRowSchemaConverter;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** What type JsonRowSchemaConverter makes of a JSON schema. */
final class JsonSchemaVectors {
  private static final String[] SCHEMAS = {
    "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"price\":{\"type\":\"number\"},\"name\":{\"type\":\"string\"},\"ok\":{\"type\":\"boolean\"},\"nothing\":{\"type\":\"null\"}}}",
    "{\"type\":\"object\",\"properties\":{\"d\":{\"type\":\"string\",\"format\":\"date\"},\"t\":{\"type\":\"string\",\"format\":\"time\"},\"ts\":{\"type\":\"string\",\"format\":\"date-time\"},\"e\":{\"type\":\"string\",\"format\":\"email\"}}}",
    "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}",
    "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"contentEncoding\":\"hex\"}}}",
    "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"contentEncoding\":5}}}",
    "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"format\":5}}}",
    "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"format\":\"date\",\"contentEncoding\":\"base64\"}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]},\"b\":{\"type\":[\"null\",\"integer\"]},\"c\":{\"type\":[\"null\"]},\"d\":{\"type\":[\"integer\",\"number\"]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"integer\"]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"integer\",\"null\"]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[]}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":5}}}", "{\"type\":\"object\",\"properties\":{\"a\":{}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"text\"}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"any\",5]}}}", "{\"type\":\"object\",\"properties\":{\"a\":true}}",
    "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"n\":{\"type\":\"array\",\"items\":{\"type\":\"number\"}},\"o\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}}}},\"a\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"b\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}},\"y\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}}",
    "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\",\"items\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}}}",
    "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\",\"items\":[{\"type\":\"string\"}],\"additionalItems\":true}}}",
    "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\",\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}}}",
    "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\"}}}", "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\",\"items\":\"string\"}}}", "{\"type\":\"object\",\"properties\":{\"t\":{\"type\":\"array\",\"items\":[]}}}",
    "{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"object\",\"properties\":{\"p\":{\"type\":\"object\",\"properties\":{\"q\":{\"type\":\"string\"}}}}}}}",
    "{\"type\":\"object\"}", "{\"type\":\"object\",\"properties\":{}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":true}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":false}",
    "{\"type\":\"object\",\"additionalProperties\":true}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":{\"type\":\"string\"}}",
    "{\"definitions\":{\"address\":{\"type\":\"object\",\"properties\":{\"street\":{\"type\":\"string\"}}}},\"type\":\"object\",\"properties\":{\"home\":{\"$ref\":\"#/definitions/address\"},\"work\":{\"type\":\"object\",\"$ref\":\"#/definitions/address\"}}}",
    "{\"definitions\":{\"n\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}},\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/definitions/n\"}}}",
    "{\"definitions\":{\"a b\":{\"type\":\"string\"},\"c/d~e\":{\"type\":\"integer\"}},\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"#/definitions/a b\"},\"y\":{\"$ref\":\"#/definitions/c~1d~0e\"}}}",
    "{\"definitions\":[{\"type\":\"string\"}],\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"#/definitions/0\"}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/definitions/none\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"http://example.com/schema\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/properties/a\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":5}}}",
    "{\"definitions\":{\"a\":{\"$ref\":\"#/definitions/b\"},\"b\":{\"type\":\"string\"}},\"type\":\"object\",\"properties\":{\"x\":{\"$ref\":\"#/definitions/a\"}}}",
    "{\"$ref\":\"#\"}", "{\"type\":\"object\",\"$ref\":\"#\",\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#definitions\"}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"string\"}}}]}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"oneOf\":[{\"type\":\"number\",\"multipleOf\":5},{\"type\":\"integer\"}]}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":\"x\",\"type\":\"string\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"oneOf\":[]}}}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"anyOf\":[]}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"allOf\":[]}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"not\":{}}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"extends\":1}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"disallow\":1}}}",
    "{\"type\":\"string\"}", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", "{\"type\":\"array\",\"items\":[{\"type\":\"string\"}]}", "{}", "[]", "null", "5", "\"x\"", "", " ", "{", "{type:'object',properties:{a:{type:'string'}}}", "{/* c */\"type\":\"object\",// d\n\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\"},\"a\":{\"type\":\"string\"},\"1\":{\"type\":\"string\"}}}",
    "{\"type\":\"object\",\"properties\":{\"__proto__\":{\"type\":\"string\"}}}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"a\":{\"type\":\"integer\"}}}", "{\"type\":\"object\",\"properties\":[]}", "{\"type\":\"object\",\"properties\":\"x\"}", "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}} trailing", "{\"type\":\"object\",\"properties\":{\"\":{\"type\":\"string\"}}}", "{\"type\":[\"object\",\"null\"],\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"properties\":{\"a\":{\"type\":\"string\"}}}",
  };

  static ArrayNode make() {
    ArrayNode out = Specs.MAPPER.createArrayNode();
    for (String schema : SCHEMAS) {
      ObjectNode vector = out.addObject().put("schema", schema);
      try {
        vector.set("type", spec(JsonRowSchemaConverter.convert(schema)));
      } catch (Throwable error) {
        vector.put("error", error.getClass().getSimpleName() + (error.getMessage() == null ? "" : ": " + error.getMessage()));
      }
    }
    return out;
  }

  private static ObjectNode spec(TypeInformation<?> info) {
    ObjectNode out = Specs.MAPPER.createObjectNode();
    if (info instanceof RowTypeInfo) {
      out.put("type", "ROW");
      ArrayNode names = out.putArray("names");
      ArrayNode types = out.putArray("types");
      for (String name : ((RowTypeInfo) info).getFieldNames()) names.add(name);
      for (TypeInformation<?> type : ((RowTypeInfo) info).getFieldTypes()) types.add(spec(type));
    } else if (info instanceof ObjectArrayTypeInfo) {
      out.put("type", "OBJECT_ARRAY").set("element", spec(((ObjectArrayTypeInfo<?, ?>) info).getComponentInfo()));
    } else if (info instanceof BasicArrayTypeInfo) {
      out.put("type", "BASIC_ARRAY").set("element", spec(((BasicArrayTypeInfo<?, ?>) info).getComponentInfo()));
    } else if (info instanceof PrimitiveArrayTypeInfo) {
      out.put("type", "PRIMITIVE_ARRAY").putObject("element").put("type", "BYTE");
    } else {
      out.put("type", info == Types.STRING ? "STRING" : info == Types.BOOLEAN ? "BOOLEAN" : info == Types.BIG_DEC ? "BIG_DEC" : info == Types.VOID ? "VOID"
        : info == Types.SQL_DATE ? "SQL_DATE" : info == Types.SQL_TIME ? "SQL_TIME" : info == Types.SQL_TIMESTAMP ? "SQL_TIMESTAMP" : info.toString());
    }
    return out;
  }
}
