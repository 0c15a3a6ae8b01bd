import java.math.BigDecimal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/** What java.math.BigDecimal makes of a text, and how it prints it again. */
final class DecimalVectors {
  private static final String[] TEXTS = {
    "0", "-0", "0.0", "0.000", "0E3", "0e-7", "0E+20", "1", "-1", "+1", "12.50", "12.5", "-3", "1e3", "1E-3", "1.23E+5", "100", "100.00", "1e2", "0.1",
    "0.000001", "0.0000001", "0.00000012", "-0.00000012", "123456789012345678901234567890.123456789", ".5", "5.", "-.5", "+5.", "007", "00.70", "1E0",
    "1e+0", "12e-1", "12E-10", "1234567e-12", "1e2147483647", "1e-2147483647", "1e2147483648", "1e-2147483649", "1.5e-2147483647", "15e2147483647", "", ".", "e5", "1e", "1e+", "+", "-", "1 ", " 1",
    "1_0", "0x1", "NaN", "Infinity", "1,5", "--1", "1.2.3", "1e1.5", "1e99999999999", "9999999999999999999e-19",
  };

  static ArrayNode make() {
    ArrayNode out = Specs.MAPPER.createArrayNode();
    for (String text : TEXTS) {
      ObjectNode vector = out.addObject().put("text", text);
      try {
        BigDecimal value = new BigDecimal(text);
        vector.put("unscaled", value.unscaledValue().toString()).put("scale", value.scale()).put("string", value.toString());
        if (Math.abs((long) value.scale()) < 1000) vector.put("plain", value.toPlainString());
        BigDecimal stripped = value.stripTrailingZeros();
        vector.put("stripped", stripped.unscaledValue() + "/" + stripped.scale());
        for (int scale : new int[] {-2, 0, 2, 10}) {
          if (Math.abs((long) value.scale()) >= 1000) continue;
          try {
            vector.put("scale " + scale, value.setScale(scale).unscaledValue().toString());
          } catch (ArithmeticException error) {
            vector.putNull("scale " + scale);
          }
        }
      } catch (NumberFormatException error) {
        vector.put("error", true);
      }
    }
    return out;
  }
}
