using System.Text.Json;
using Tidegate.Pilot.Translation.Gateways;

namespace Tidegate.Admin;

/// <summary>What <c>/tidegate/services</c> answers and <c>tidegate service</c> reads: the Services by which clients reach the gateway.</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Name">The Service's name.</param>
/// <param name="Address">The address at which the load balancer's and the node ports are open.</param>
/// <param name="Ports">Its ports in order.</param>
internal sealed record ServicesDocument(string Namespace, string Name, string Address, IReadOnlyList<GatewayServicePort> Ports)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes several as JSON.</summary>
    public static string Write(IEnumerable<ServicesDocument> services) => JsonSerializer.Serialize(services, Indented) + "\n";

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyList<ServicesDocument> Read(string json) => JsonSerializer.Deserialize<ServicesDocument[]>(json, Indented) ?? [];
}
