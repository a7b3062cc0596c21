using System.Text.Json;

namespace Tidegate.Admin;

/// <summary>The Services by which clients reach the gateway, for <c>tidegate service</c>. Not one of Envoy's pages.</summary>
internal static class ServicesPage
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Answers <c>/tidegate/services</c>.</summary>
    public static AdminAnswer Answer(AdminContext context) => AdminAnswer.Json(JsonSerializer.Serialize(
        context.GatewayServices().Select(service => new
        {
            service.Namespace,
            service.Name,
            Address = context.Options.Bind?.ToString() ?? service.LoadBalancerAddress ?? "127.0.0.1",
            Ports = service.Ports.Select(port => new { port.Name, port.Port, port.TargetPort, port.NodePort }),
        }),
        Indented) + "\n");
}
