using System.Net;

namespace Tidegate.Proxy.Listeners;

/// <summary>What really serves of a listener.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsStatic">Whether it is one of the bootstrap's.</param>
/// <param name="Open">Those of its own addresses on which connections are taken; those that the gateway's Service has beside them do not count.</param>
/// <param name="Problem">Why it does not serve, or not everywhere; null when all is well.</param>
public sealed record ListenerState(string Name, bool IsStatic, IReadOnlyList<IPEndPoint> Open, string? Problem)
{
    /// <summary>Whether connections are taken where it was told to.</summary>
    public bool IsServing => Open.Count > 0;
}
