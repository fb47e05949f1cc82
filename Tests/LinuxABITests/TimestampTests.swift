import LinuxABI
import Testing

struct TimestampTests {
  /// Days at the seams of the calendar, as date(1) has them.
  @Test(arguments: [
    (0, 0, "1970-01-01T00:00:00Z"), (951_782_399, 0, "2000-02-28T23:59:59Z"), (951_782_400, 0, "2000-02-29T00:00:00Z"),
    (951_868_800, 0, "2000-03-01T00:00:00Z"), (4_107_542_400, 0, "2100-03-01T00:00:00Z"),
    (1_735_689_599, 999_999_999, "2024-12-31T23:59:59.999999999Z"), (1_735_689_600, 0, "2025-01-01T00:00:00Z"),
    (1_795_462_631, 120_000_000, "2026-11-23T19:37:11.12Z"), (1, 1, "1970-01-01T00:00:01.000000001Z"),
    (-1, 0, "1969-12-31T23:59:59Z"), (-86_400, 0, "1969-12-31T00:00:00Z"), (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
  ])
  func text(seconds: Int, nanoseconds: Int, text: String) {
    #expect(Timestamp(seconds: seconds, nanoseconds: nanoseconds).description == text)
  }
}
