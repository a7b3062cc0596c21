using System.CommandLine;
using Tidegate.Failures;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary><c>tidegate proxy-config log</c>: shows and sets the gateway's log levels (cli.md, 3.6).</summary>
internal static class LogCommand
{
    private const string ResetLevel = "warning";
    private static readonly string[] Levels = ["trace", "debug", "info", "warning", "warn", "error", "critical", "off"];

    public static Command Create(CommandConsole console, ProxyConfigOptions options)
    {
        DocumentedCommand command = new DocumentedCommand(
            "log",
            "Show and set the log levels of the gateway.",
            "# The loggers and their levels",
            "tidegate proxy-config log deploy/istio-ingressgateway -n istio-system",
            "",
            "# All loggers at info, the one for upstream connections at debug",
            "tidegate proxy-config log deploy/istio-ingressgateway --level info,upstream:debug").WithAliases("o");
        DocumentedOption<string> level = DocumentedOption.Text(["--level"], "LEVELS", "LEVEL for all loggers, or LOGGER:LEVEL, or several with commas between; levels are trace, debug, info, warning, error, critical, off");
        DocumentedOption<bool> reset = DocumentedOption.Switch(["--reset", "-r"], $"Set all loggers to {ResetLevel}");
        DocumentedOption<string> selector = DocumentedOption.Text(["--selector", "-l"], "LABELS", "Labels of the gateway, in place of its name");
        command.Add(options.Target);
        command.Add(level);
        command.Add(reset);
        command.Add(selector);
        command.SetAction(async (result, cancellation) =>
        {
            string[] targets = result.GetValue(options.Target)!;
            bool hasSelector = result.GetValue(selector)!.Length > 0;
            if (result.GetResult(options.Output) is { Implicit: false })
            {
                throw new CommandException("--output is not applicable for this command");
            }

            if (targets.Length == 0 && !hasSelector)
            {
                HelpText.WriteUsage(console.Errors, command);
                throw new CommandException("log requires pod name or --selector");
            }

            if (targets.Length > 1 || (targets.Length == 1 && hasSelector))
            {
                throw new CommandException("log requires one pod name, or --selector");
            }

            string wanted = result.GetValue(level)!;
            if (wanted.Length > 0 && result.GetValue(reset))
            {
                throw new CommandException("--level cannot be combined with --reset");
            }

            (string? all, List<(string Logger, string Level)> single) = Parse(result.GetValue(reset) ? ResetLevel : wanted);
            string nameSpace = result.GetValue(options.Namespace)!;
            using AdminClient client = options.ClientOf(result);
            ProxyTarget target = ProxyTarget.Parse(targets is [var name] ? name : "istio-ingressgateway", nameSpace.Length == 0 ? null : nameSpace);
            ProxyTarget.LocalGateway gateway = await target.ResolveAsync(client, cancellation).ConfigureAwait(false);
            string answer = await ApplyAsync(client, all, single, cancellation).ConfigureAwait(false);
            console.Output.Write($"{gateway.Pod}.{gateway.Namespace}:\n{answer}\n");
        });
        return command;
    }

    private static async Task<string> ApplyAsync(AdminClient client, string? all, List<(string Logger, string Level)> single, CancellationToken cancellation)
    {
        string answer = await client.PostAsync("logging", cancellation).ConfigureAwait(false);
        if (single.FirstOrDefault(change => !answer.Contains($"  {change.Logger}: ", StringComparison.Ordinal)).Logger is { } unknown)
        {
            throw new CommandException($"unrecognized logger name: {unknown}");
        }

        if (all is not null)
        {
            answer = await client.PostAsync($"logging?level={all}", cancellation).ConfigureAwait(false);
        }

        foreach ((string logger, string level) in single)
        {
            answer = await client.PostAsync($"logging?{Uri.EscapeDataString(logger)}={level}", cancellation).ConfigureAwait(false);
        }

        return answer;
    }

    // "info", "http:debug,upstream=trace", "envoy::http:debug": what is before a double colon says whose logger it is.
    private static (string? All, List<(string Logger, string Level)> Single) Parse(string text)
    {
        string? all = null;
        List<(string, string)> single = [];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int owner = part.IndexOf("::", StringComparison.Ordinal);
            string[] pieces = part[(owner < 0 ? 0 : owner + 2)..].Split([':', '='], 2);
            string level = Array.Find(Levels, known => known.Equals(pieces[^1], StringComparison.OrdinalIgnoreCase)) ?? throw new CommandException($"unrecognized logging level: {pieces[^1]}");
            level = level == "warn" ? "warning" : level;
            if (pieces.Length == 1)
            {
                all = level;
            }
            else
            {
                single.Add((pieces[0], level));
            }
        }

        return (all, single);
    }
}
