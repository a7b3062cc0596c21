using System.Net;

namespace Tidegate.Net;

/// <summary>A socket that accepts connections for one loop.</summary>
public abstract class ListenSocket
{
    /// <summary>Where it listens.</summary>
    public abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Accepts nothing for the time being; clients wait in the kernel's queue.</summary>
    public abstract void Pause();

    /// <summary>Accepts again.</summary>
    public abstract void Resume();

    /// <summary>Sets options, which connections that are accepted from now on inherit.</summary>
    /// <returns>Those that the kernel refuses.</returns>
    public abstract IReadOnlyList<SocketOption> SetOptions(IReadOnlyList<SocketOption> options);

    /// <summary>Accepts what the kernel already holds, and then closes.</summary>
    public abstract void Close();
}
