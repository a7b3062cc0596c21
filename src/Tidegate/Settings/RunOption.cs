namespace Tidegate.Settings;

/// <summary>One option of <c>tidegate run</c>: its name, what it says in <c>--help</c>, what a value does, and what holds without one.</summary>
/// <param name="Name">Such as <c>--admin-port</c>.</param>
/// <param name="Argument">What the value is, for <c>--help</c>; empty for a switch.</param>
/// <param name="Description">What it is for, without its default.</param>
/// <param name="Apply">Puts a value into the options, or says what is wrong with it.</param>
/// <param name="Show">The value that is in some options, as the command line would say it; empty when there is nothing to say.</param>
internal sealed record RunOption(
    string Name,
    string Argument,
    string Description,
    Func<RunOptions, string, (RunOptions Options, string? Error)> Apply,
    Func<RunOptions, string> Show)
{
    private static readonly RunOptions Defaults = new();

    /// <summary>Whether it may be given several times; in the environment the values are separated by commas.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>The environment variable that does the same; the command line wins.</summary>
    public string EnvironmentVariable { get; } = "TIDEGATE_" + Name[2..].Replace('-', '_').ToUpperInvariant();

    /// <summary>What holds when it is not given, read from the options' own defaults.</summary>
    public string DefaultText => Show(Defaults);

    /// <summary>What <c>--help</c> says of it.</summary>
    public string Help => DefaultText.Length == 0 ? $"{Description} [{EnvironmentVariable}]" : $"{Description}. Default: {DefaultText} [{EnvironmentVariable}]";
}
