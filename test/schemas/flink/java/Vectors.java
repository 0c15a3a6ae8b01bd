import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** Writes the vectors, each file anew, into the folder that is the only argument. One vector a line. */
public final class Vectors {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    write(folder.resolve("binary.json"), BinaryVectors.make());
    write(folder.resolve("charset.json"), CharsetVectors.make());
    write(folder.resolve("csv-row-read.json"), CsvRowVectors.reading());
    write(folder.resolve("csv-row-write.json"), CsvRowVectors.writing());
    write(folder.resolve("json-schema.json"), JsonSchemaVectors.make());
    write(folder.resolve("decimal.json"), DecimalVectors.make());
    write(folder.resolve("json-row-read.json"), JsonRowVectors.reading());
    write(folder.resolve("json-row-write.json"), JsonRowVectors.writing());
  }

  private static void write(Path file, JsonNode vectors) throws Exception {
    StringBuilder text = new StringBuilder("[\n");
    for (int i = 0; i < vectors.size(); i++)
      text.append(ascii(vectors.get(i).toString())).append(i < vectors.size() - 1 ? ",\n" : "\n");
    Files.writeString(file, text + "]\n", StandardCharsets.US_ASCII);
    System.out.println(file.getFileName() + ": " + vectors.size());
  }

  private static String ascii(String json) {
    StringBuilder out = new StringBuilder();
    for (char c : json.toCharArray()) out.append(c < 0x7f ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    return out.toString();
  }
}
