using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tidegate.Printing;

namespace Tidegate.Commands;

/// <summary>What the help says of an option beside its description.</summary>
public interface IDocumentedOption
{
    /// <summary>The environment variable that stands in for it; null when there is none.</summary>
    string? EnvironmentVariable { get; }

    /// <summary>Its default; empty when there is nothing to say.</summary>
    string DefaultText { get; }
}

/// <summary>An option with a default and, if it has one, an environment variable: the command line wins over it, it wins over the default.</summary>
/// <typeparam name="T">The type of its value.</typeparam>
public sealed class DocumentedOption<T> : Option<T>, IDocumentedOption
{
    private readonly T _fallback;
    private readonly Func<string, T> _parse;

    /// <summary>An option.</summary>
    /// <param name="names">Its name, and other names.</param>
    /// <param name="valueName">What stands for its value in the help; empty for a switch, which needs no value.</param>
    /// <param name="description">What it does.</param>
    /// <param name="fallback">Its default.</param>
    /// <param name="parse">Reads its value; throws <see cref="FormatException"/> that says what is wrong with it.</param>
    internal DocumentedOption(string[] names, string valueName, string description, T fallback, Func<string, T> parse)
        : base(names[0], names[1..])
    {
        _fallback = fallback;
        _parse = parse;
        Description = description;
        HelpName = valueName;
        Arity = valueName.Length == 0 ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore; // of several values the last one counts, as an alias's flags can be overridden
        CustomParser = result => result.Tokens.Select(token => Read(token.Value, Name, result)).LastOrDefault()!;
        DefaultValueFactory = result => EnvironmentVariable is { } variable && Environment?.Invoke(variable) is { Length: > 0 } text ? Read(text, variable, result) : fallback;
        DefaultText = valueName.Length == 0 ? string.Empty : Convert.ToString(fallback, CultureInfo.InvariantCulture) ?? string.Empty;
    }

    /// <inheritdoc/>
    public string? EnvironmentVariable { get; init; }

    /// <inheritdoc/>
    public string DefaultText { get; init; }

    /// <summary>Where <see cref="EnvironmentVariable"/> is looked up.</summary>
    internal Func<string, string?>? Environment { get; init; }

    private T Read(string text, string source, ArgumentResult result)
    {
        try
        {
            return _parse(text);
        }
        catch (FormatException exception)
        {
            result.AddError($"invalid argument \"{text}\" for {source}: {exception.Message}");
            return _fallback;
        }
    }
}

/// <summary>Options of the usual types.</summary>
internal static class DocumentedOption
{
    public static DocumentedOption<string> Text(string[] names, string valueName, string description, string fallback = "") =>
        new(names, valueName, description, fallback, text => text);

    public static DocumentedOption<int> Number(string[] names, string valueName, string description, int fallback = 0) =>
        new(names, valueName, description, fallback, ParseNumber) { DefaultText = fallback == 0 ? string.Empty : fallback.ToString(CultureInfo.InvariantCulture) };

    public static DocumentedOption<bool> Switch(string[] names, string description, bool fallback = false) =>
        new(names, string.Empty, description, fallback, ParseBoolean) { DefaultText = fallback ? "true" : string.Empty };

    public static int ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : throw new FormatException("it is no whole number");

    public static bool ParseBoolean(string text) => BooleanText.TryParse(text, out bool value) ? value : throw new FormatException("it is neither true nor false");
}
