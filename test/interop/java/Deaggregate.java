import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Scanner;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * What Amazon's consumer library makes of records. Each line of standard input is one: first and last hash key of its shard,
 * its partition key, its data in base64. Each line of standard output is a user record: sub-sequence number, partition key,
 * explicit hash key or -, data.
 */
public class Deaggregate {
  public static void main(String[] args) {
    Scanner in = new Scanner(System.in, StandardCharsets.UTF_8);
    while (in.hasNextLine()) {
      String[] parts = in.nextLine().split(" ");
      KinesisClientRecord record =
          KinesisClientRecord.builder()
              .sequenceNumber("1")
              .partitionKey(parts[2])
              .data(ByteBuffer.wrap(Base64.getDecoder().decode(parts[3])))
              .build();
      for (KinesisClientRecord user : new AggregatorUtil().deaggregate(List.of(record), parts[0], parts[1])) {
        String data = StandardCharsets.UTF_8.decode(user.data()).toString();
        String hashKey = user.explicitHashKey() == null ? "-" : user.explicitHashKey();
        System.out.println(user.subSequenceNumber() + "|" + user.partitionKey() + "|" + hashKey + "|" + data);
      }
    }
  }
}
