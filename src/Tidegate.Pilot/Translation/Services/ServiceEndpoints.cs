namespace Tidegate.Pilot.Translation.Services;

/// <summary>All endpoints of one service, by the service's port. Compared by reference.</summary>
internal sealed class ServiceEndpoints(IReadOnlyDictionary<int, IReadOnlyList<ServiceEndpoint>> byPort)
{
    public static ServiceEndpoints None { get; } = new(new Dictionary<int, IReadOnlyList<ServiceEndpoint>>());

    /// <summary>The endpoints of a port.</summary>
    public IReadOnlyList<ServiceEndpoint> Of(int servicePort) => byPort.TryGetValue(servicePort, out var list) ? list : [];
}
