using Google.Protobuf;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// What the configuration in force has of last good units, kept in an <see cref="ILastGoodStore"/> as long as the versions that came after them are refused:
/// without refusals nothing is kept. All members are called under the lock of <see cref="RuntimeConfiguration"/>.
/// </summary>
/// <param name="store">Where it is kept; null keeps nothing.</param>
internal sealed class LastGoodMemory(ILastGoodStore? store)
{
    private readonly HashSet<XdsName> _kept = [.. store?.Names ?? []];
    private readonly Dictionary<XdsName, IMessage> _written = [];

    /// <summary>What was kept of a resource; null when that is nothing.</summary>
    public T? Recall<T>(string typeUrl, string name)
        where T : class, IMessage
    {
        var resource = new XdsName(typeUrl, name);
        return _kept.Contains(resource) ? store!.Read(resource) as T : null;
    }

    /// <summary>Keeps this of a resource.</summary>
    public void Keep(XdsName name, IMessage message)
    {
        if (store is null || (_written.TryGetValue(name, out IMessage? written) && written.Equals(message)))
        {
            return;
        }

        store.Write(name, message);
        _kept.Add(name);
        _written[name] = message;
    }

    /// <summary>Keeps nothing of a resource any more.</summary>
    public void Forget(XdsName name)
    {
        if (_kept.Remove(name))
        {
            _written.Remove(name);
            store!.Write(name, null);
        }
    }
}
