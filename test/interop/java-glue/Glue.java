import com.amazonaws.services.schemaregistry.common.AWSDeserializerInput;
import com.amazonaws.services.schemaregistry.common.AWSSchemaRegistryClient;
import com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryDeserializationFacade;
import com.amazonaws.services.schemaregistry.serializers.GlueSchemaRegistrySerializationFacade;
import com.amazonaws.services.schemaregistry.serializers.json.JsonDataWithSchema;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.services.glue.GlueClient;
import software.amazon.awssdk.services.glue.model.DataFormat;
import software.amazon.awssdk.services.glue.model.GetSchemaVersionRequest;
import software.amazon.awssdk.services.glue.model.GetSchemaVersionResponse;

/**
 * Amazon's library for the Glue Schema Registry, with a registry that knows what it is told. Standard output is JSON.
 *
 *   write cases.json     each { format, schema, value }: the definition that is registered, and the record, plain and with zlib
 *   read records.json    each { format, definition, record }: the value, or the schema and the payload
 *
 * mvn -q dependency:copy-dependencies -DoutputDirectory=/tmp/glue-java
 * java -cp '/tmp/glue-java/*' Glue.java write cases.json > vectors.json
 */
public class Glue {
  static final ObjectMapper JSON = new ObjectMapper();
  static final UUID VERSION = UUID.fromString("b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63");

  public static void main(String[] args) throws Exception {
    ArrayNode out = JSON.createArrayNode();
    for (JsonNode c : JSON.readTree(new File(args[1])))
      out.add(args[0].equals("write") ? write((ObjectNode) c) : read((ObjectNode) c));
    System.out.println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(out));
  }

  static Map<String, Object> configs(String compression) {
    Map<String, Object> configs = new HashMap<>();
    configs.put("region", "eu-west-1");
    configs.put("avroRecordType", "GENERIC_RECORD");
    configs.put("compression", compression);
    return configs;
  }

  static ObjectNode write(ObjectNode c) {
    try {
      DataFormat format = DataFormat.fromValue(c.get("format").asText());
      Object data = format == DataFormat.AVRO ? avro(c) : JsonDataWithSchema.builder(c.get("schema").asText(), c.get("value").asText()).build();
      for (String compression : new String[] {"NONE", "ZLIB"}) {
        GlueSchemaRegistrySerializationFacade facade = GlueSchemaRegistrySerializationFacade.builder()
            .credentialProvider(AnonymousCredentialsProvider.create())
            .configs(configs(compression))
            .build();
        c.put("definition", facade.getSchemaDefinition(format, data));
        c.put(compression, Base64.getEncoder().encodeToString(facade.serialize(format, data, VERSION)));
      }
    } catch (Exception e) {
      c.put("error", String.valueOf(e.getMessage()));
    }
    return c;
  }

  static Object avro(ObjectNode c) throws Exception {
    Schema schema = new Schema.Parser().parse(c.get("schema").asText());
    return new GenericDatumReader<>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, c.get("value").asText()));
  }

  static ObjectNode read(ObjectNode c) throws Exception {
    GlueClient registry = new GlueClient() {
      @Override
      public GetSchemaVersionResponse getSchemaVersion(GetSchemaVersionRequest request) {
        return GetSchemaVersionResponse.builder()
            .schemaVersionId(request.schemaVersionId())
            .schemaDefinition(c.get("definition").asText())
            .dataFormat(c.get("format").asText())
            .schemaArn("arn:aws:glue:eu-west-1:123456789012:schema/default-registry/flights")
            .build();
      }

      @Override
      public String serviceName() {
        return "glue";
      }

      @Override
      public void close() {}
    };
    AWSSchemaRegistryClient client = new AWSSchemaRegistryClient(registry);
    GlueSchemaRegistryDeserializationFacade facade =
        new GlueSchemaRegistryDeserializationFacade(configs("NONE"), null, AnonymousCredentialsProvider.create(), client);
    ByteBuffer record = ByteBuffer.wrap(Base64.getDecoder().decode(c.remove("record").asText()));
    Object value = facade.deserialize(AWSDeserializerInput.builder().buffer(record).transportName("flights").build());
    if (value instanceof JsonDataWithSchema) {
      c.put("schema", ((JsonDataWithSchema) value).getSchema());
      c.put("value", ((JsonDataWithSchema) value).getPayload());
      return c;
    }
    Schema schema = new Schema.Parser().parse(c.get("definition").asText());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(schema, out);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    return c.put("value", out.toString("UTF-8"));
  }
}
