namespace Tidegate.Net;

/// <summary>How a listening socket is made.</summary>
public sealed record ListenOptions
{
    /// <summary>Connections that the kernel holds until they are accepted.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>Connections accepted at one go, before others get their turn.</summary>
    public int MaxAcceptsPerTurn { get; init; } = 64;
}

/// <summary>Who gets the connections of a listening socket. Called on the loop.</summary>
public interface IAcceptHandler
{
    /// <summary>A client has connected; the connection is the handler's from now on.</summary>
    void OnAccepted(Connection connection);

    /// <summary>A client could not be accepted, for instance because there are no file descriptors left.</summary>
    void OnAcceptFailed(IoError error);
}
