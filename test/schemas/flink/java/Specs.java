import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.BasicArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.types.Row;

/**
 * Types and values as JSON. A type is what core/foundation/type-spec.ts says, or a short form of it: 'INT' for a basic type,
 * ['LIST', element], ['MAP', key, value], ['TUPLE', types...], and {a: type, b: type} for a row. A value goes by its type:
 * whole numbers, floating point and java.time as strings, a decimal as [unscaled, scale], bytes as hex, a map as a list of
 * pairs, a row as a list of its fields.
 */
final class Specs {
  static final ObjectMapper MAPPER = new ObjectMapper();

  static {
    MAPPER.configure(JsonParser.Feature.ALLOW_SINGLE_QUOTES, true);
    MAPPER.configure(JsonParser.Feature.ALLOW_UNQUOTED_FIELD_NAMES, true);
    MAPPER.configure(JsonParser.Feature.ALLOW_COMMENTS, true);
  }

  static JsonNode json(String text) throws Exception {
    return MAPPER.readTree(text);
  }

  /** The long form of a type. */
  static ObjectNode spec(JsonNode type) {
    ObjectNode out = MAPPER.createObjectNode();
    if (type.isTextual()) return out.put("type", type.asText());
    if (type.isObject()) {
      ArrayNode names = MAPPER.createArrayNode();
      ArrayNode types = MAPPER.createArrayNode();
      type.fields().forEachRemaining(field -> {
        names.add(field.getKey());
        types.add(spec(field.getValue()));
      });
      out.put("type", "ROW").set("names", names);
      out.set("types", types);
      return out;
    }
    String name = type.get(0).asText();
    out.put("type", name);
    if (name.equals("MAP")) {
      out.set("key", spec(type.get(1)));
      out.set("value", spec(type.get(2)));
    } else if (name.equals("TUPLE")) {
      ArrayNode types = out.putArray("types");
      for (int i = 1; i < type.size(); i++) types.add(spec(type.get(i)));
    } else {
      out.set("element", spec(type.get(1)));
    }
    return out;
  }

  private static TypeInformation<?>[] types(JsonNode nodes) {
    TypeInformation<?>[] types = new TypeInformation<?>[nodes.size()];
    for (int i = 0; i < types.length; i++) types[i] = info(nodes.get(i));
    return types;
  }

  static String[] names(JsonNode spec) {
    String[] names = new String[spec.get("names").size()];
    for (int i = 0; i < names.length; i++) names[i] = spec.get("names").get(i).asText();
    return names;
  }

  /** Through Flink's public `Types` wherever it has a method for the type, as a program makes it. */
  static TypeInformation<?> info(JsonNode spec) {
    String name = spec.get("type").asText();
    switch (name) {
      case "ROW": return Types.ROW_NAMED(names(spec), types(spec.get("types")));
      case "TUPLE": return Types.TUPLE(types(spec.get("types")));
      case "LIST": return Types.LIST(info(spec.get("element")));
      case "MAP": return Types.MAP(info(spec.get("key")), info(spec.get("value")));
      case "OBJECT_ARRAY": return Types.OBJECT_ARRAY(info(spec.get("element")));
      case "PRIMITIVE_ARRAY": return Types.PRIMITIVE_ARRAY(info(spec.get("element")));
      // PyFlink's `Types.BASIC_ARRAY`; Java's `Types` has no method for it.
      case "BASIC_ARRAY": return BasicArrayTypeInfo.getInfoFor(info(spec.get("element")).getTypeClass().arrayType());
      default:
        try {
          return (TypeInformation<?>) Types.class.getField(name).get(null);
        } catch (ReflectiveOperationException e) {
          throw new IllegalArgumentException(spec.toString(), e);
        }
    }
  }

  static Object value(JsonNode spec, JsonNode plain) {
    if (plain.isNull()) return null;
    switch (spec.get("type").asText()) {
      case "STRING": return plain.asText();
      case "CHAR": return plain.asText().charAt(0);
      case "BOOLEAN": return plain.asBoolean();
      case "BYTE": return Byte.valueOf(plain.asText());
      case "SHORT": return Short.valueOf(plain.asText());
      case "INT": return Integer.valueOf(plain.asText());
      case "LONG": return Long.valueOf(plain.asText());
      case "FLOAT": return Float.valueOf(plain.asText());
      case "DOUBLE": return Double.valueOf(plain.asText());
      case "BIG_INT": return integer(plain.asText());
      case "BIG_DEC": return new BigDecimal(integer(plain.get(0).asText()), plain.get(1).asInt());
      case "SQL_DATE": return java.sql.Date.valueOf(LocalDate.parse(plain.asText()));
      case "SQL_TIME": return java.sql.Time.valueOf(LocalTime.parse(plain.asText()));
      case "SQL_TIMESTAMP": return java.sql.Timestamp.valueOf(LocalDateTime.parse(plain.asText()));
      case "LOCAL_DATE": return LocalDate.parse(plain.asText());
      case "LOCAL_TIME": return LocalTime.parse(plain.asText());
      case "LOCAL_DATE_TIME": return LocalDateTime.parse(plain.asText());
      case "INSTANT": return Instant.parse(plain.asText());
      case "ROW": {
        Row row = new Row(plain.size());
        for (int i = 0; i < plain.size(); i++) row.setField(i, value(spec.get("types").get(i), plain.get(i)));
        return row;
      }
      case "TUPLE": {
        Tuple tuple = Tuple.newInstance(plain.size());
        for (int i = 0; i < plain.size(); i++) tuple.setField(value(spec.get("types").get(i), plain.get(i)), i);
        return tuple;
      }
      case "LIST": {
        List<Object> list = new ArrayList<>();
        plain.forEach(item -> list.add(value(spec.get("element"), item)));
        return list;
      }
      case "MAP": {
        Map<Object, Object> map = new LinkedHashMap<>();
        plain.forEach(pair -> map.put(value(spec.get("key"), pair.get(0)), value(spec.get("value"), pair.get(1))));
        return map;
      }
      case "PRIMITIVE_ARRAY":
        if (plain.isTextual()) return HexFormat.of().parseHex(plain.asText());
      default: {
        Class<?> type = info(spec).getTypeClass().getComponentType();
        Object array = java.lang.reflect.Array.newInstance(type, plain.size());
        for (int i = 0; i < plain.size(); i++)
          java.lang.reflect.Array.set(array, i, value(spec.get("element"), plain.get(i)));
        return array;
      }
    }
  }

  /** As arithmetic makes it: Flink has a short form for the objects BigInteger.ZERO, ONE and TEN alone. */
  private static BigInteger integer(String text) {
    BigInteger value = new BigInteger(text);
    return value.bitLength() < 64 ? BigInteger.valueOf(value.longValue()) : value;
  }

  static JsonNode plain(JsonNode spec, Object value) {
    if (value == null) return MAPPER.nullNode();
    ArrayNode out = MAPPER.createArrayNode();
    switch (spec.get("type").asText()) {
      case "BOOLEAN": return MAPPER.getNodeFactory().booleanNode((Boolean) value);
      case "BIG_DEC":
        return out.add(((BigDecimal) value).unscaledValue().toString()).add(((BigDecimal) value).scale());
      case "SQL_DATE": return text(((java.sql.Date) value).toLocalDate());
      case "SQL_TIME": return text(((java.sql.Time) value).toLocalTime());
      case "SQL_TIMESTAMP": return text(((java.sql.Timestamp) value).toLocalDateTime());
      case "ROW":
        for (int i = 0; i < ((Row) value).getArity(); i++)
          out.add(plain(spec.get("types").get(i), ((Row) value).getField(i)));
        return out;
      case "TUPLE":
        for (int i = 0; i < ((Tuple) value).getArity(); i++)
          out.add(plain(spec.get("types").get(i), ((Tuple) value).getField(i)));
        return out;
      case "LIST":
        for (Object item : (List<?>) value) out.add(plain(spec.get("element"), item));
        return out;
      case "MAP":
        ((Map<?, ?>) value).forEach((key, item) ->
          out.addArray().add(plain(spec.get("key"), key)).add(plain(spec.get("value"), item)));
        return out;
      case "PRIMITIVE_ARRAY":
        if (value instanceof byte[]) return text(HexFormat.of().formatHex((byte[]) value));
      case "BASIC_ARRAY":
      case "OBJECT_ARRAY":
        for (int i = 0; i < java.lang.reflect.Array.getLength(value); i++)
          out.add(plain(spec.get("element"), java.lang.reflect.Array.get(value, i)));
        return out;
      default: return text(value);
    }
  }

  private static JsonNode text(Object value) {
    return MAPPER.getNodeFactory().textNode(value.toString());
  }
}
