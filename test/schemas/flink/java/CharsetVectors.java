import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * For every charset that is supported: its names; the digest of the bytes of each single character, a line of hexadecimal for each; the
 * digest of the text of each pair of bytes, a line for each, as UTF-16BE; and what becomes of a few texts and a few bytes.
 */
final class CharsetVectors {
  private static final String NAMES =
    "UTF-8 UTF-16 UTF-16BE UTF-16LE UTF-32 UTF-32BE UTF-32LE IBM00858 IBM437 IBM775 IBM850 IBM852 IBM855 IBM857 " +
    "IBM860 IBM861 IBM862 IBM863 IBM864 IBM865 IBM866 IBM869 ISO-8859-1 ISO-8859-13 ISO-8859-15 ISO-8859-16 " +
    "ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 ISO-8859-9 KOI8-R KOI8-U TIS-620 " +
    "US-ASCII windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 " +
    "windows-1257 windows-1258 x-IBM737 x-iso-8859-11 x-MacCyrillic x-MacGreek x-MacRoman x-MacUkraine " +
    "x-windows-874 EUC-KR GB2312 GBK Shift_JIS windows-31j x-windows-949";

  private static final String[] TEXTS = {
    "", "Z\u00fcrich \u20ac5", "\u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4 \u4e2d\u6587", "\ud835\udd42", "a\ud800b", "\udc00", "\ufeffx", "\u041f\u0440\u0438\u0432\u0435\u0442", "~\\|\u301c\uff5e\u2212",
  };
  private static final String[] BYTES = {
    "", "41", "5afc72696368", "feff0041", "fffe4100", "0041", "4100", "00", "d800", "d8000041", "dc00", "d835dd42", "feff", "fffe0000", "0000feff00000041", "00000041",
    "41000000", "0000d800", "00110000", "000000", "c3bc", "c3", "c328", "e282ac", "e282", "eda080", "f09d9582", "f09d95", "f0808080", "c0af", "ff", "80", "feffd800dc", "0041fffe", "82a0", "8240", "81", "8130", "b0a1",
    "b0a141", "b041", "a1", "fefe", "8181", "f040", "fa40",
  };

  static ArrayNode make() throws Exception {
    ArrayNode out = Specs.MAPPER.createArrayNode();
    for (String name : NAMES.split(" ")) {
      Charset charset = Charset.forName(name);
      ObjectNode vector = out.addObject().put("name", charset.name());
      ArrayNode aliases = vector.putArray("aliases");
      charset.aliases().stream().sorted().forEach(aliases::add);
      MessageDigest encoded = MessageDigest.getInstance("SHA-256");
      for (int i = 0; i < 0x10000; i++)
        if (i < 0xd800 || i > 0xdfff)
          encoded.update((hex(String.valueOf((char) i).getBytes(charset)) + "\n").getBytes(StandardCharsets.US_ASCII));
      vector.put("encoded", hex(encoded.digest()));
      MessageDigest decoded = MessageDigest.getInstance("SHA-256");
      for (int i = 0; i < 0x10000; i++)
        decoded.update((new String(new byte[] {(byte) (i >> 8), (byte) i}, charset) + "\n").getBytes(StandardCharsets.UTF_16BE));
      vector.put("decoded", hex(decoded.digest()));
      ObjectNode texts = vector.putObject("texts");
      for (String text : TEXTS) texts.put(text, hex(text.getBytes(charset)));
      ObjectNode bytes = vector.putObject("bytes");
      for (String hex : BYTES) bytes.put(hex, new String(HexFormat.of().parseHex(hex), charset));
    }
    return out;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
