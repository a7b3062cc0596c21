using System.CommandLine;
using Tidegate.Failures;
using Tidegate.Settings;

namespace Tidegate.Commands;

/// <summary>The options of <see cref="RunOptionTable"/> on a command that runs a gateway.</summary>
internal sealed class RunOptionSet
{
    private readonly Dictionary<RunOption, Option<string[]>> _options = [];

    /// <summary>Adds all of them to a command.</summary>
    public RunOptionSet(Command command)
    {
        foreach (RunOption option in RunOptionTable.All)
        {
            bool isSwitch = option.Argument.Length == 0;
            string[] aliases = option.Name == "--namespace" ? ["-n"] : [];
            var added = new Option<string[]>(option.Name, aliases)
            {
                Description = option.Help,
                HelpName = option.Argument,
                Arity = isSwitch ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = false,
            };
            _options.Add(option, added);
            command.Add(added);
        }
    }

    /// <summary>What the command line and the environment say.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="directory">The directory of manifests; null leaves it to the environment.</param>
    /// <param name="environment">An environment variable's value; null when it is not set.</param>
    /// <exception cref="CommandException">Something of it is wrong; all errors are told.</exception>
    public RunOptions Bind(ParseResult result, string? directory, Func<string, string?> environment)
    {
        (RunOptions options, IReadOnlyList<string> errors) = RunOptionTable.Bind(directory, option => result.GetValue(_options[option]) ?? [], environment);
        return errors.Count == 0 ? options : throw new CommandException(string.Join("\n       ", errors), ExitCodes.Usage);
    }
}
