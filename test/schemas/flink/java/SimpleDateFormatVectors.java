import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;

/**
 * What SimpleDateFormat makes of texts, in three zones, as JSON on standard output: `java SimpleDateFormatVectors.java`. `now` is
 * the time of the run, which the years of two digits go by. What comes after the part that matches is not looked at by Java; no
 * text here has such an end.
 */
public class SimpleDateFormatVectors {
  private static final String[][] CASES = {
    {"y-M-d", "24-2-29", "2024-2-29", "24-14-35", "2026-0-0", "02026-1-2", "26-1-31 ", " 26- 1-31", "1999-12-31"},
    {"yy-M-d", "24-2-29", "70-1-1", "2024-2-29", "45-6-1", "46-1-1", "46-12-31", "47-1-1", "00-1-1", "99-12-31"},
    {"yyyy-MM-dd", "2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-5", "2026-01-32", "2026-12-31",
      "2026/01/01", "", "2024-02-29", "2026-01-99"},
    {"yyyy-MM-dd HH:mm:ss", "2026-01-31 24:00:00", "2026-01-31 23:59:60", "2026-01-31 12:61:00", "2026-01-31 99:99:99",
      "2026-01-31 1:2:3", "2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-11-01 01:30:00", "2026-03-08 02:30:00",
      "2026-07-01 12:00:00"},
    {"yyyy-MM-dd kk:mm", "2026-01-31 24:00", "2026-01-31 25:00", "2026-01-31 00:10", "2026-01-31 1:00"},
    {"yyyy-MM-dd hh:mm a", "2026-01-31 12:00 AM", "2026-01-31 12:00 PM", "2026-01-31 01:00 pm", "2026-01-31 13:00 PM",
      "2026-01-31 00:00 PM", "2026-01-31 12:00 Pm"},
    {"yyyy-MM-dd KK a", "2026-01-31 0 AM", "2026-01-31 11 PM", "2026-01-31 12 PM"},
    {"yyyy-MM-dd hh", "2026-01-31 12", "2026-01-31 05", "2026-01-31 15"},
    {"yyyy-MM-dd HH a", "2026-01-31 05 PM", "2026-01-31 15 AM"},
    {"yyyy-MM-dd a", "2026-01-31 PM", "2026-01-31 AM"},
    {"yyyy-MM-dd HH hh a", "2026-01-31 03 05 PM"},
    {"yyyy-MM-dd hh a HH", "2026-01-31 03 PM 05"},
    {"yyyy-MM-dd HH hh", "2026-01-31 03 05"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-01-31T13:00:00.250+01:00", "2026-01-31T13:00:00.250+25:00",
      "2026-01-31T13:00:00.250+23:59", "2026-01-31T13:00:00.250+24:00", "2026-01-31T13:00:00.250+23:60",
      "2026-01-31T13:00:00.250-23:59", "2026-01-31T13:00:00.250Z", "2026-01-31T13:00:00.250z", "2026-01-31t13:00:00.250Z",
      "2026-01-31T13:00:00.5Z", "2026-01-31T13:00:00.123456Z", "2026-01-31T13:00:00.250+0100",
      "2026-01-31T13:00:00.250+1:00", "2026-01-31T13:00:00.250"},
    {"yyyy-MM-dd XX", "2026-01-31 +0100", "2026-01-31 -2359", "2026-01-31 +2400", "2026-01-31 +0060", "2026-01-31 Z"},
    {"yyyy-MM-dd X", "2026-01-31 +01", "2026-01-31 +23", "2026-01-31 +24", "2026-01-31 Z", "2026-01-31 +1"},
    {"yyyy-MM-dd Z", "2026-01-31 +0100", "2026-01-31 +2400", "2026-01-31 +0160", "2026-01-31 GMT", "2026-01-31 GMT+01:00",
      "2026-01-31 UTC", "2026-01-31 GMT+1:00", "2026-01-31 gmt-03:30", "2026-01-31 Z", "2026-01-31 -0000"},
    {"yyyy-MM-dd z", "2026-01-31 +0100", "2026-01-31 GMT", "2026-01-31 GMT+24:00", "2026-01-31 GMT+23:59",
      "2026-01-31 GMT+01:60", "2026-01-31 utc", "2026-01-31 GMT+1:00"},
    {"yyyyMMdd", "20260131", "202601", "20260230", "20261301", "2026011", "2026 1 2"},
    {"yyyyMMddHHmmss", "20260131123456", "20260131246060", "20260131"},
    {"yyMMdd", "260131", "240229", "990101"},
    {"MMM d yyyy", "Jan 31 2026", "january 31 2026", "FEB 30 2026", "Foo 1 2026", "Sept 1 2026"},
    {"EEE, d MMM yyyy HH:mm:ss z", "Sat, 31 Jan 2026 12:00:00 GMT", "Sunday, 31 Jan 2026 12:00:00 GMT", 
      "sat, 31 jan 2026 12:00:00 gmt"},
    {"h 'o''clock' a, dd.MM.yyyy", "12 o'clock PM, 31.01.2026"},
    {"HH:mm", "12:34", "36:00"},
    {"S", "250", "123456789"},
    {"s", "86400", "1769860800", "2147483647"},
    {"yyyyy-MM-dd", "02026-01-02", "2026-01-02"},
    {"yyyyMMdd HH", "20260131 24", "2026 131 01", "202601 1 1"},
  };

  public static void main(String[] args) {
    Locale.setDefault(Locale.ENGLISH);
    List<String> lines = new ArrayList<>();
    for (String zone : new String[] {"UTC", "Europe/Berlin", "America/New_York"}) {
      TimeZone.setDefault(TimeZone.getTimeZone(zone));
      for (String[] texts : CASES)
        for (int i = 1; i < texts.length; i++)
          lines.add(String.format("{\"zone\":%s,\"pattern\":%s,\"text\":%s,\"ms\":%s}", quoted(zone), quoted(texts[0]), quoted(texts[i]),
            parsed(texts[0], texts[i])));
    }
    System.out.println("{\"now\":" + System.currentTimeMillis() + ",\"vectors\":[\n" + String.join(",\n", lines) + "\n]}");
  }

  private static Long parsed(String pattern, String text) {
    try {
      return new SimpleDateFormat(pattern).parse(text).getTime();
    } catch (ParseException e) {
      return null;
    }
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }
}
