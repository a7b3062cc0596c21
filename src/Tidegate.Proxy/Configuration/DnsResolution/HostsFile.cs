using System.Net;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>A hosts file (hosts(5)), read again when it has changed. Any thread.</summary>
internal sealed class HostsFile(string path)
{
    private readonly Lock _lock = new();
    private Dictionary<string, List<IPAddress>> _hosts = [];
    private DateTime _readAt;

    /// <summary>The addresses of a name; empty when it is not in the file.</summary>
    public IReadOnlyList<IPAddress> Find(string name)
    {
        lock (_lock)
        {
            DateTime changedAt = File.GetLastWriteTimeUtc(path);
            if (changedAt != _readAt)
            {
                _hosts = File.Exists(path) ? Parse(File.ReadLines(path)) : [];
                _readAt = changedAt;
            }

            return _hosts.TryGetValue(name.TrimEnd('.'), out List<IPAddress>? found) ? found : [];
        }
    }

    /// <summary>Reads lines of an address and its names.</summary>
    public static Dictionary<string, List<IPAddress>> Parse(IEnumerable<string> lines)
    {
        Dictionary<string, List<IPAddress>> hosts = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines)
        {
            int comment = line.IndexOf('#', StringComparison.Ordinal);
            string[] words = (comment < 0 ? line : line[..comment]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? address))
            {
                continue;
            }

            foreach (string name in words.Skip(1))
            {
                if (!hosts.TryGetValue(name, out List<IPAddress>? addresses))
                {
                    addresses = [];
                    hosts.Add(name, addresses);
                }

                if (!addresses.Contains(address))
                {
                    addresses.Add(address);
                }
            }
        }

        return hosts;
    }
}
