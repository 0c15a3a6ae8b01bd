import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Subscribes to shards, one after the other, and prints a line an event and how each subscription ended. */
public class Subscribe {
  public static void main(String[] args) throws Exception {
    String consumer = args[1];
    try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
        .endpointOverride(URI.create(args[0]))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .build()) {
      for (int i = 2; i < args.length; i++) {
        System.out.println("subscribe " + args[i]);
        try {
          subscribe(kinesis, consumer, args[i]).get(60, TimeUnit.SECONDS);
          System.out.println("end");
        } catch (Exception e) {
          System.out.println(e.getCause() == null ? e : e.getCause().getClass().getSimpleName());
        }
      }
    }
  }

  static CompletableFuture<Void> subscribe(KinesisAsyncClient kinesis, String consumer, String shard) {
    return kinesis.subscribeToShard(
        request -> request.consumerARN(consumer).shardId(shard)
            .startingPosition(position -> position.type(ShardIteratorType.TRIM_HORIZON)),
        SubscribeToShardResponseHandler.builder()
            .subscriber(event -> {
              SubscribeToShardEvent e = (SubscribeToShardEvent) event;
              StringBuilder line = new StringBuilder("event");
              e.records().forEach(r -> line.append(' ').append(r.partitionKey()).append('=').append(r.data().asUtf8String()));
              e.childShards().forEach(c -> line.append(" child ").append(c.shardId()));
              System.out.println(line + (e.continuationSequenceNumber() == null ? " last" : ""));
            })
            .build());
  }
}
