import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;

/** Texts in every encoding of Unicode, with a byte order mark and without, whole and cut off. */
final class Encodings {
  static List<byte[]> of(String... texts) {
    List<byte[]> all = new ArrayList<>();
    for (String text : texts)
      for (String charset : new String[] {"UTF-8", "UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE"})
        for (String mark : new String[] {"", "\ufeff", "\ufeff\ufeff"}) {
          byte[] bytes = (mark + text).getBytes(Charset.forName(charset));
          all.add(bytes);
          if (text == texts[0]) for (int less = 1; less < 4; less++) all.add(java.util.Arrays.copyOf(bytes, bytes.length - less));
          if (text == texts[0] && mark.isEmpty()) all.add(concat(" \n".getBytes(Charset.forName(charset)), bytes));
        }
    return all;
  }

  private static byte[] concat(byte[] a, byte[] b) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(a);
    out.writeBytes(b);
    return out.toByteArray();
  }
}
