using System.CommandLine;
using System.Net;
using Tidegate.Composition;
using Tidegate.Failures;
using Tidegate.RateLimit;

namespace Tidegate.Commands;

/// <summary><c>tidegate ratelimit FILE</c>: a server of Envoy's rate limit service.</summary>
internal static class RateLimitCommand
{
    private static readonly RateLimitOptions Defaults = new() { Limits = string.Empty };

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand(
            "ratelimit",
            """
            Serve rate limits to gateways, by Envoy's rate limit service protocol.

            FILE holds limits in the well-known YAML (domain, descriptors, rate_limit), or is a folder of such files. A change on disk is live within a second, and what
            was counted stays; a file that is wrong is reported with line and field, and its last good version stays in force.

            Hits are counted in memory, kept beyond a restart with --state-file, or in Redis, for as many servers as are wanted.
            """,
            "# one server, quotas outlive it",
            "tidegate ratelimit limits.yaml --state-file /var/lib/tidegate/counters.json",
            "# many servers",
            "tidegate ratelimit /etc/limits --redis redis.cache:6379");
        var file = new Argument<string>("FILE") { Description = "File or folder of limits." };
        DocumentedOption<string> address = DocumentedOption.Text(["--address"], "ADDRESS:PORT", "Where the protocol is served (gRPC without TLS)", Defaults.Address.ToString());
        DocumentedOption<string> pages = DocumentedOption.Text(["--pages-address"], "ADDRESS:PORT", "Where /metrics, /healthcheck and /rlconfig are", Defaults.PagesAddress.ToString());
        DocumentedOption<string> redis = new(["--redis"], "HOST:PORT", "Redis that counts for all servers, with options of StackExchange.Redis behind commas; counts in memory unless given", string.Empty, static text => text)
        {
            EnvironmentVariable = "TIDEGATE_REDIS", // it may hold a password
            Environment = console.Environment,
        };
        DocumentedOption<int> redisTimeout = DocumentedOption.Number(["--redis-timeout-ms"], "N", "How long Redis may take, in milliseconds", (int)Defaults.RedisTimeout.TotalMilliseconds);
        DocumentedOption<string> state = DocumentedOption.Text(["--state-file"], "FILE", "Where counters in memory are kept beyond a restart");
        DocumentedOption<int> maxCounters = DocumentedOption.Number(["--max-counters"], "N", "Counters in memory at once; a further one cannot be counted", Defaults.MaxCounters);
        DocumentedOption<int> maxKnown = DocumentedOption.Number(["--max-over-limit-keys"], "N", "Counters that are remembered to be over their limit, so that nobody has to be asked", Defaults.MaxOverLimitKeys);
        DocumentedOption<int> maxDetailed = DocumentedOption.Number(["--max-detailed-metrics"], "N", "Values of detailed limits that have metrics of their own", Defaults.MaxDetailedMetrics);
        DocumentedOption<string> prefix = DocumentedOption.Text(["--key-prefix"], "TEXT", "What keys of counters begin with");
        DocumentedOption<bool> shadow = DocumentedOption.Switch(["--shadow"], "Refuse nothing, and count all the same");
        DocumentedOption<bool> noRetryAfter = DocumentedOption.Switch(["--no-retry-after"], "Do not tell refused clients when to come again");
        DocumentedOption<LogLevel> level = new(["--log-level"], "LEVEL", "Least level of the event log: trace, debug, information, warning, error, critical, none", LogLevel.Information, ParseLevel);
        command.Add(file);
        foreach (Option option in new Option[] { address, pages, redis, redisTimeout, state, maxCounters, maxKnown, maxDetailed, prefix, shadow, noRetryAfter, level })
        {
            command.Add(option);
        }

        command.SetAction(async (result, cancellation) =>
        {
            var options = new RateLimitOptions
            {
                Limits = result.GetValue(file)!,
                Address = EndPointOf(result.GetValue(address)!, "--address"),
                PagesAddress = EndPointOf(result.GetValue(pages)!, "--pages-address"),
                Redis = result.GetValue(redis)!,
                RedisTimeout = TimeSpan.FromMilliseconds(AtLeast(1, result.GetValue(redisTimeout), "--redis-timeout-ms")),
                StateFile = result.GetValue(state)!,
                MaxCounters = AtLeast(1, result.GetValue(maxCounters), "--max-counters"),
                MaxOverLimitKeys = AtLeast(0, result.GetValue(maxKnown), "--max-over-limit-keys"),
                MaxDetailedMetrics = AtLeast(0, result.GetValue(maxDetailed), "--max-detailed-metrics"),
                KeyPrefix = result.GetValue(prefix)!,
                IsShadow = result.GetValue(shadow),
                TellsRetryAfter = !result.GetValue(noRetryAfter),
            };
            if (options.Redis.Length > 0 && options.StateFile.Length > 0)
            {
                throw new CommandException("--state-file is for counters in memory, and --redis keeps them itself");
            }

            try
            {
                return await RateLimitRun.RunAsync(options, result.GetValue(level), cancellation).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or ArgumentException)
            {
                throw new CommandException(exception.Message);
            }
        });
        return command;
    }

    private static IPEndPoint EndPointOf(string text, string option) =>
        IPEndPoint.TryParse(text, out IPEndPoint? endPoint) ? endPoint : throw new CommandException($"invalid argument \"{text}\" for {option}: it is no address with a port");

    private static int AtLeast(int least, int value, string option) =>
        value >= least ? value : throw new CommandException($"invalid argument \"{value}\" for {option}: it has to be {least} or more");

    private static LogLevel ParseLevel(string text) =>
        !char.IsAsciiDigit(text.FirstOrDefault()) && Enum.TryParse(text, ignoreCase: true, out LogLevel level) ? level : throw new FormatException("it is no level");
}
