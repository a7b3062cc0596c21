using System.CommandLine;
using System.CommandLine.Help;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.Commands;

/// <summary>
/// Reads a command line as Go's flag package does, whose rules scripts for istioctl rely on (cli.md, 0.3), and writes it anew in forms that mean the same
/// to the parser here: an empty value is a value (<c>--name=</c>), a flag takes what follows it whatever it looks like, a switch takes a value only
/// behind <c>=</c>, in any of Go's spellings, and short flags may be written together (<c>-Ao json</c>, <c>-ojson</c>).
/// </summary>
internal static class GoArguments
{
    /// <summary>The command line in the parser's form. What cannot be understood is left as it is: the parser finds the words for it.</summary>
    /// <exception cref="CommandException">A switch has a value that is no truth value, or there is no such command.</exception>
    public static IReadOnlyList<string> Normalize(Command root, IReadOnlyList<string> arguments)
    {
        List<string> normalized = [];
        Command command = root;
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string? next = i + 1 < arguments.Count ? arguments[i + 1] : null;
            if (argument == "--")
            {
                normalized.AddRange(arguments.Skip(i));
                break;
            }

            if (!IsFlag(argument))
            {
                command = command.Subcommands.Count == 0 ? command : CommandLookup.Subcommand(command, argument)
                    ?? throw TidegateCommand.UsageError(command, $"unknown command \"{argument}\" for \"{HelpText.PathOf(command)}\"");
                normalized.Add(argument);
            }
            else if (Expand(command, argument, next) is not var (flags, usesNext))
            {
                normalized.Add(argument);
            }
            else
            {
                normalized.AddRange(flags);
                i += usesNext ? 1 : 0;
            }
        }

        return normalized;
    }

    /// <summary>Whether an argument is a flag: a lone <c>-</c> is standard input.</summary>
    public static bool IsFlag(string argument) => argument.Length > 1 && argument[0] == '-';

    private static (List<string> Flags, bool UsesNext)? Expand(Command command, string argument, string? next) =>
        argument.StartsWith("--", StringComparison.Ordinal) ? ExpandLong(command, argument, next) : ExpandShort(command, argument, next);

    private static (List<string> Flags, bool UsesNext)? ExpandLong(Command command, string argument, string? next)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        Option? option = CommandLookup.Option(command, equals < 0 ? argument : argument[..equals]);
        string? given = equals < 0 ? null : argument[(equals + 1)..];
        return option is null or HelpOption ? null
            : CommandLookup.IsSwitch(option) ? ([SwitchOf(command, option, given)], false)
            : given is not null ? (WithValue(option, given), false)
            : next is not null ? (WithValue(option, next), true)
            : null;
    }

    // Each letter is a flag; the first that takes a value has all that follows as its value.
    private static (List<string> Flags, bool UsesNext)? ExpandShort(Command command, string argument, string? next)
    {
        List<string> flags = [];
        for (int i = 1; i < argument.Length; i++)
        {
            string rest = argument[(i + 1)..];
            string? given = rest.StartsWith('=') ? rest[1..] : null;
            switch (CommandLookup.Option(command, $"-{argument[i]}"))
            {
                case null or HelpOption:
                    return null;
                case { } option when CommandLookup.IsSwitch(option):
                    flags.Add(SwitchOf(command, option, given));
                    if (given is not null)
                    {
                        return (flags, false);
                    }

                    break;
                case { } option when rest.Length > 0:
                    return ([.. flags, .. WithValue(option, given ?? rest)], false);
                case { } option:
                    return next is null ? null : ([.. flags, .. WithValue(option, next)], true);
            }
        }

        return (flags, false);
    }

    // Only as an argument of its own can a value be empty.
    private static List<string> WithValue(Option option, string value) => value.Length == 0 ? [option.Name, value] : [$"{option.Name}={value}"];

    private static string SwitchOf(Command command, Option option, string? given) =>
        BooleanText.TryParse(given ?? "true", out bool value)
            ? $"{option.Name}={(value ? "true" : "false")}"
            : throw TidegateCommand.UsageError(command, $"invalid argument \"{given}\" for {option.Name}: it is neither true nor false");
}
