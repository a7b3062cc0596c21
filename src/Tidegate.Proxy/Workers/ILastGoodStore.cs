using Google.Protobuf;
using Tidegate.Xds;

namespace Tidegate.Proxy.Workers;

/// <summary>Keeps last good versions of what is refused beyond the life of the process. Called by one thread at a time.</summary>
public interface ILastGoodStore
{
    /// <summary>The names of all resources of which something is kept.</summary>
    IReadOnlyCollection<XdsName> Names { get; }

    /// <summary>What is kept of a resource; null when that is nothing, or it cannot be read.</summary>
    IMessage? Read(XdsName name);

    /// <summary>Keeps this of a resource, and nothing else; null keeps nothing.</summary>
    void Write(XdsName name, IMessage? message);
}
