using System.Text;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Runtime;

/// <summary>Which tunnels one level of configuration allows or forbids, by protocol (Envoy: <c>upgrade_configs</c>); <c>CONNECT</c> is one of them.</summary>
public sealed class UpgradeSet
{
    /// <summary>A level that says nothing.</summary>
    public static readonly UpgradeSet None = new([]);

    private readonly (byte[] Protocol, bool IsAllowed)[] _entries;

    private UpgradeSet((byte[] Protocol, bool IsAllowed)[] entries) => _entries = entries;

    /// <summary>The set of these, the first for each protocol.</summary>
    public static UpgradeSet Of(IEnumerable<(string Protocol, bool? IsEnabled)> configs)
    {
        (byte[], bool)[] entries = [.. configs.Select(static config => (Encoding.UTF8.GetBytes(config.Protocol), config.IsEnabled ?? true))];
        return entries.Length == 0 ? None : new UpgradeSet(entries);
    }

    /// <summary>Whether a protocol is allowed; null when nothing is said of it. Letters count without case.</summary>
    public bool? Allows(ReadOnlySpan<byte> protocol)
    {
        foreach ((byte[] known, bool isAllowed) in _entries)
        {
            if (HttpTokens.EqualsIgnoreCase(protocol, known))
            {
                return isAllowed;
            }
        }

        return null;
    }
}
