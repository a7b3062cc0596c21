using Tidegate.Running;

namespace Tidegate.Admin;

/// <summary>The Services by which clients reach the gateway, for <c>tidegate service</c>. Not one of Envoy's pages.</summary>
internal static class ServicesPage
{
    /// <summary>Answers <c>/tidegate/services</c>.</summary>
    public static AdminAnswer Answer(AdminContext context) => AdminAnswer.Json(ServicesDocument.Write(
        context.GatewayServices().Select(service => new ServicesDocument(
            service.Namespace, service.Name, ServicePorts.AddressOf(context.Options, service).ToString(), service.Ports))));
}
