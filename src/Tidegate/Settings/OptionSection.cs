using System.Globalization;
using System.Net;
using Tidegate.Printing;
using Tidegate.Rules.Values;

namespace Tidegate.Settings;

/// <summary>
/// A record among the options whose properties are given on the command line. A property has its meaning and its default where it is declared; what is said of it here is
/// its name and how a value is read.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="get">Finds it in the options.</param>
/// <param name="set">Puts another in its place.</param>
internal sealed class OptionSection<T>(Func<RunOptions, T> get, Func<RunOptions, T, RunOptions> set)
{
    /// <summary>A value of any form.</summary>
    /// <param name="name">The option.</param>
    /// <param name="argument">What the value is.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="read">Reads a value into the record, or says what is wrong with it.</param>
    /// <param name="show">The value in a record, as text.</param>
    public RunOption Value(string name, string argument, string description, Func<T, string, (T Record, string? Error)> read, Func<T, string> show) => new(
        name,
        argument,
        description,
        (options, value) =>
        {
            (T record, string? error) = read(get(options), value);
            return (error is null ? set(options, record) : options, error);
        },
        options => show(get(options)));

    /// <summary>A text, taken as it is.</summary>
    public RunOption Text(string name, string argument, string description, Func<T, string> read, Func<T, string, T> write, string off = "") => Value(
        name, argument, description, (record, value) => (write(record, off.Length > 0 && value == off ? string.Empty : value), null), read);

    /// <summary>A number within bounds.</summary>
    public RunOption Number(string name, string argument, string description, (long Min, long Max) bounds, Func<T, long> read, Func<T, long, T> write) => Value(
        name,
        argument,
        description,
        (record, value) => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= bounds.Min && number <= bounds.Max
            ? (write(record, number), null)
            : (record, $"found \"{value}\", expected a number from {bounds.Min} to {bounds.Max}"),
        record => read(record).ToString(CultureInfo.InvariantCulture));

    /// <summary>A port.</summary>
    public RunOption Port(string name, string description, Func<T, int> read, Func<T, int, T> write) =>
        Number(name, "PORT", description, (1, 65535), record => read(record), (record, number) => write(record, (int)number));

    /// <summary>How many of something there may be.</summary>
    public RunOption Count(string name, string description, (int Min, int Max) bounds, Func<T, int> read, Func<T, int, T> write) =>
        Number(name, "N", description, bounds, record => read(record), (record, number) => write(record, (int)number));

    /// <summary>A time in milliseconds, given with a unit.</summary>
    public RunOption Time(string name, string description, Func<T, long> read, Func<T, long, T> write) => Value(
        name,
        "DURATION",
        description,
        (record, value) => GoDuration.Read(value, out TimeSpan duration) is null && duration >= TimeSpan.Zero
            ? (write(record, (long)duration.TotalMilliseconds), null)
            : (record, $"found \"{value}\", expected a duration such as 500ms, 5s or 1h"),
        record => GoDuration.Format(TimeSpan.FromMilliseconds(read(record))));

    /// <summary>Something that is on or off.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it does.</param>
    /// <param name="write">Puts the value of the switch into the record.</param>
    public RunOption Switch(string name, string description, Func<T, bool, T> write) => Value(
        name,
        string.Empty,
        description,
        (record, value) => BooleanText.TryParse(value, out bool on) ? (write(record, on), null) : (record, $"found \"{value}\", expected true or false"),
        _ => string.Empty);

    /// <summary>An IP address.</summary>
    public RunOption Address(string name, string description, Func<T, IPAddress?> read, Func<T, IPAddress, T> write) => Value(
        name,
        "ADDRESS",
        description,
        (record, value) => IPAddress.TryParse(value, out IPAddress? address) ? (write(record, address), null) : (record, $"found \"{value}\", expected an IP address"),
        record => read(record)?.ToString() ?? string.Empty);

    /// <summary>One of some words.</summary>
    public RunOption Choice<TValue>(string name, string description, (string Word, TValue Value)[] words, Func<T, TValue> read, Func<T, TValue, T> write) => Value(
        name,
        string.Join('|', words.Select(static word => word.Word)),
        description,
        (record, value) =>
        {
            foreach ((string word, TValue meant) in words)
            {
                if (word.Equals(value, StringComparison.OrdinalIgnoreCase))
                {
                    return (write(record, meant), null);
                }
            }

            return (record, $"found \"{value}\", expected {string.Join(", ", words[..^1].Select(static word => word.Word))} or {words[^1].Word}");
        },
        record => words.First(word => EqualityComparer<TValue>.Default.Equals(word.Value, read(record))).Word);
}
