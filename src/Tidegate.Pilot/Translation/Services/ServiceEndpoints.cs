namespace Tidegate.Pilot.Translation.Services;

/// <summary>All endpoints of one service, by the service's port. Compared by reference.</summary>
internal sealed class ServiceEndpoints(IReadOnlyDictionary<int, IReadOnlyList<ServiceEndpoint>> byPort)
{
    public static ServiceEndpoints None { get; } = new(new Dictionary<int, IReadOnlyList<ServiceEndpoint>>());

    /// <summary>The accounts that the endpoints run under, of all ports; of most services none are known.</summary>
    public IReadOnlyList<(string Namespace, string Name)> Accounts { get; } =
    [
        .. byPort.Values.SelectMany(endpoints => endpoints)
            .Where(endpoint => endpoint.ServiceAccount.Length > 0)
            .Select(endpoint => (endpoint.Namespace, endpoint.ServiceAccount))
            .Distinct(),
    ];

    /// <summary>Whether there is no endpoint at all.</summary>
    public bool IsEmpty => byPort.Count == 0;

    /// <summary>The endpoints of a port.</summary>
    public IReadOnlyList<ServiceEndpoint> Of(int servicePort) => byPort.TryGetValue(servicePort, out var list) ? list : [];
}
