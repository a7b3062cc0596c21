using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Composition;

namespace Tidegate.Tests.Composition;

/// <summary>One event is one line.</summary>
public sealed class EventLogFormatterTests
{
    [Theory]
    [InlineData("access_log", LogLevel.Warning, "warning  access_log access log lines are lost")]
    [InlineData("connection", LogLevel.Error, "error    connection access log lines are lost")]
    [InlineData("Tidegate.Pilot.Sources.ObjectStore", LogLevel.Information, "info     pilot      access log lines are lost")]
    public void A_scope_never_touches_the_text(string category, LogLevel level, string line) =>
        Assert.Equal(line, Write(category, level, "access log lines are lost", null));

    [Fact]
    public void An_exception_is_on_the_line_of_its_event()
    {
        Exception thrown = Assert.Throws<InvalidOperationException>((Action)(() => throw new InvalidOperationException("first\nsecond")));

        string line = Write("main", LogLevel.Error, "translation failed", thrown);

        Assert.StartsWith("error    main       translation failed: System.InvalidOperationException: first | second | at ", line);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void What_a_user_wrote_cannot_begin_a_line_or_control_a_terminal() =>
        Assert.Equal("info     main       a | 2026 forged \\u001b[31m", Write("main", LogLevel.Information, "a\r\n2026 forged \u001b[31m", null));

    // Without the time.
    private static string Write(string category, LogLevel level, string text, Exception? exception)
    {
        using var writer = new StringWriter();
        var entry = new LogEntry<string>(level, category, default, text, exception, (state, _) => state);
        new EventLogFormatter().Write(entry, null, writer);
        string line = writer.ToString();
        Assert.EndsWith("\n", line);
        return line[25..^1];
    }
}
