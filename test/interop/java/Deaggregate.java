import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Scanner;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * What Amazon's consumer library makes of records. Each line of standard input is one: first and last hash key of its shard,
 * its partition key, its data in base64, which may be missing. Each line of standard output is a user record: sub-sequence number,
 * partition key, explicit hash key or -, data in base64. A line with a dot follows the user records of each record.
 */
public class Deaggregate {
  public static void main(String[] args) {
    Scanner in = new Scanner(System.in, StandardCharsets.UTF_8);
    while (in.hasNextLine()) {
      String[] parts = in.nextLine().split(" ", -1);
      KinesisClientRecord record =
          KinesisClientRecord.builder()
              .sequenceNumber("1")
              .partitionKey(parts[2])
              .data(ByteBuffer.wrap(Base64.getDecoder().decode(parts[3])))
              .build();
      for (KinesisClientRecord user : new AggregatorUtil().deaggregate(List.of(record), parts[0], parts[1])) {
        byte[] bytes = new byte[user.data().remaining()];
        user.data().get(bytes);
        String data = Base64.getEncoder().encodeToString(bytes);
        String hashKey = user.explicitHashKey() == null ? "-" : user.explicitHashKey();
        System.out.println(user.subSequenceNumber() + "|" + user.partitionKey() + "|" + hashKey + "|" + data);
      }
      System.out.println(".");
    }
  }
}
