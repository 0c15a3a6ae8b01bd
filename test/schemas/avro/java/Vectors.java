import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.util.HexFormat;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * What Avro's Java library makes of cases.json; its first argument is that file, and its standard output is vectors/java.json:
 *
 *   values      a value in Avro's JSON encoding: its bytes; read with another schema, its bytes in that one, or why not
 *   logical     bytes: the text of the value of the logical type
 *   texts       a schema: as its toString() prints it, or why not
 *
 * mvn -q dependency:copy-dependencies -DoutputDirectory=/tmp/avro-java
 * java -cp '/tmp/avro-java/*' Vectors.java cases.json > ../vectors/java.json
 */
public class Vectors {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    JsonNode cases = JSON.readTree(new File(args[0]));
    ObjectNode out = JSON.createObjectNode();
    ArrayNode values = out.putArray("values");
    for (JsonNode c : cases.get("values")) values.add(value((ObjectNode) c.deepCopy()));
    ArrayNode logical = out.putArray("logical");
    for (JsonNode c : cases.get("logical")) logical.add(logical((ObjectNode) c.deepCopy()));
    ArrayNode texts = out.putArray("texts");
    for (JsonNode schema : cases.get("texts")) texts.add(text(schema.isTextual() ? schema.asText() : schema.toString()));
    System.out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(out));
  }

  static ObjectNode value(ObjectNode c) throws Exception {
    Schema writer = new Schema.Parser().parse(c.get("writer").toString());
    Object datum = new GenericDatumReader<>(writer).read(null, DecoderFactory.get().jsonDecoder(writer, c.remove("json").toString()));
    byte[] bytes = bytesOf(writer, datum, GenericData.get());
    c.put("bytes", HexFormat.of().formatHex(bytes));
    if (!c.has("reader")) return c;
    try {
      Schema reader = new Schema.Parser().parse(c.get("reader").toString());
      Object read = new GenericDatumReader<>(writer, reader).read(null, DecoderFactory.get().binaryDecoder(bytes, null));
      c.put("readerBytes", HexFormat.of().formatHex(bytesOf(reader, read, GenericData.get())));
    } catch (Exception e) {
      c.put("error", String.valueOf(e.getMessage()));
    }
    return c;
  }

  static ObjectNode logical(ObjectNode c) throws Exception {
    GenericData data = new GenericData();
    data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    data.addLogicalTypeConversion(new Conversions.UUIDConversion());
    data.addLogicalTypeConversion(new TimeConversions.DateConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
    Schema schema = new Schema.Parser().parse(c.get("schema").toString());
    Object raw = new GenericDatumReader<>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, c.remove("json").toString()));
    byte[] bytes = bytesOf(schema, raw, GenericData.get());
    Object value = new GenericDatumReader<>(schema, schema, data).read(null, DecoderFactory.get().binaryDecoder(bytes, null));
    c.put("bytes", HexFormat.of().formatHex(bytes));
    c.put("text", value.toString());
    c.put("again", HexFormat.of().formatHex(bytesOf(schema, value, data)));
    return c;
  }

  static ObjectNode text(String schema) {
    ObjectNode c = JSON.createObjectNode();
    c.put("schema", schema);
    try {
      c.put("text", new Schema.Parser().parse(schema).toString());
    } catch (Exception e) {
      c.put("error", String.valueOf(e.getMessage()));
    }
    return c;
  }

  static byte[] bytesOf(Schema schema, Object datum, GenericData data) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<>(schema, data).write(datum, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}
