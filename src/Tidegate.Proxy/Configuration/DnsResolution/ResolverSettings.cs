using System.Globalization;
using System.Net;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>What <c>resolv.conf</c> says (resolv.conf(5)).</summary>
internal sealed record ResolverSettings
{
    /// <summary>The servers, in order.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>The domains in which a short name is looked for.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>A name with so many dots is first tried as it is.</summary>
    public int Dots { get; init; } = 1;

    /// <summary>How long a server may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a server is asked.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Reads the file; what is not understood is left out, as the system does.</summary>
    public static ResolverSettings Parse(IEnumerable<string> lines)
    {
        var settings = new ResolverSettings();
        List<IPEndPoint> servers = [];
        foreach (string line in lines)
        {
            string[] words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var address, ..] when IPAddress.TryParse(address, out IPAddress? server):
                    servers.Add(new IPEndPoint(server, 53));
                    break;
                case ["search", ..]:
                    settings = settings with { Search = [.. words.Skip(1).Select(static domain => domain.Trim('.')).Where(static domain => domain.Length > 0)] };
                    break;
                case ["domain", var domain, ..]:
                    settings = settings with { Search = [domain.Trim('.')] };
                    break;
                case ["options", ..]:
                    settings = words.Skip(1).Aggregate(settings, static (before, option) => before.With(option));
                    break;
            }
        }

        return settings with { Servers = servers };
    }

    /// <summary>The names to ask for, in order, when <paramref name="name"/> is looked for.</summary>
    public IEnumerable<string> CandidatesOf(string name)
    {
        if (name.EndsWith('.'))
        {
            return [name];
        }

        IEnumerable<string> inDomains = Search.Select(domain => $"{name}.{domain}.");
        return name.Count(static letter => letter == '.') >= Dots ? [$"{name}.", .. inDomains] : [.. inDomains, $"{name}."];
    }

    private ResolverSettings With(string option)
    {
        int colon = option.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !int.TryParse(option.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
        {
            return this;
        }

        // The system's own limits.
        return option[..colon] switch
        {
            "ndots" => this with { Dots = Math.Min(value, 15) },
            "timeout" => this with { Timeout = TimeSpan.FromSeconds(Math.Clamp(value, 1, 30)) },
            "attempts" => this with { Attempts = Math.Clamp(value, 1, 5) },
            _ => this,
        };
    }
}
