using System.Text.Json;
using Tidegate.Admin;
using Tidegate.Failures;

namespace Tidegate.ProxyConfig;

/// <summary>
/// A proxy as istioctl names it: <c>[TYPE/]NAME[.NAMESPACE]</c> (cli.md, 0.3). Tidegate reads the gateway of this machine, whatever
/// way it is named; the name of anything else is an error, so that nobody takes one proxy's configuration for another's.
/// </summary>
/// <param name="Type">The type in the singular; <c>pod</c> when none is named.</param>
/// <param name="Name">The name.</param>
/// <param name="Namespace">The namespace; null when none is named.</param>
public sealed record ProxyTarget(string Type, string Name, string? Namespace)
{
    private const string DefaultName = "istio-ingressgateway";
    private const string DefaultNamespace = "istio-system";

    // What kubectl calls the types that stand for pods: singular, plural, short.
    private static readonly string[][] PodTypes =
    [
        ["pod", "pods", "po"],
        ["deployment", "deployments", "deploy"],
        ["replicaset", "replicasets", "rs"],
        ["daemonset", "daemonsets", "ds"],
        ["statefulset", "statefulsets", "sts"],
        ["service", "services", "svc"],
        ["gateway", "gateways", "gtw"],
    ];

    /// <summary>Reads a name.</summary>
    /// <param name="text">The name as written.</param>
    /// <param name="defaultNamespace">What <c>-n</c> says; null when it is not given.</param>
    /// <exception cref="CommandException">It is no name, or of a type that has no pods.</exception>
    public static ProxyTarget Parse(string text, string? defaultNamespace)
    {
        int slash = text.LastIndexOf('/');
        string written = slash < 0 ? "pod" : text[..slash];
        string name = text[(slash + 1)..];
        int group = written.IndexOf('.', StringComparison.Ordinal); // deployments.apps
        if (Array.Find(PodTypes, names => names.Contains(group < 0 ? written : written[..group], StringComparer.OrdinalIgnoreCase)) is not [var type, ..])
        {
            throw new CommandException($"\"{text}\" does not refer to a pod: name the gateway, as in deploy/{DefaultName}");
        }

        int dot = name.LastIndexOf('.');
        string? nameSpace = dot < 0 ? defaultNamespace : name[(dot + 1)..];
        name = dot < 0 ? name : name[..dot];
        return name.Length == 0 || nameSpace is { Length: 0 }
            ? throw new CommandException($"\"{text}\" is no name of a proxy: write [TYPE/]NAME[.NAMESPACE], as in deploy/{DefaultName}")
            : new ProxyTarget(type, name, nameSpace);
    }

    /// <summary>Makes sure that the name means the gateway behind an admin port.</summary>
    /// <exception cref="CommandException">It means something else, or the gateway cannot be reached.</exception>
    public async Task<LocalGateway> ResolveAsync(AdminClient admin, CancellationToken cancellation)
    {
        LocalGateway gateway = LocalGateway.Parse(await admin.GetAsync("server_info", cancellation).ConfigureAwait(false));
        return await IsNamedAsync(gateway, admin, cancellation).ConfigureAwait(false) && (Namespace is null || Namespace == gateway.Namespace)
            ? gateway
            : throw new CommandException($"no pods match \"{this}\": the gateway at {admin.Base} is deploy/{gateway.Workload} in namespace {gateway.Namespace}");
    }

    private async Task<bool> IsNamedAsync(LocalGateway gateway, AdminClient admin, CancellationToken cancellation) =>
        Name == gateway.Pod
        || Name == gateway.Workload
        || (Type is "pod" or "replicaset" && Name.StartsWith($"{gateway.Workload}-", StringComparison.Ordinal))
        || (Type == "gateway" && Name == gateway.GatewayName)
        || (Type == "service" && await HasServiceAsync(admin, cancellation).ConfigureAwait(false));

    private async Task<bool> HasServiceAsync(AdminClient admin, CancellationToken cancellation) =>
        ServicesDocument.Read(await admin.GetAsync("tidegate/services", cancellation).ConfigureAwait(false)).Any(service => service.Name == Name);

    /// <inheritdoc/>
    public override string ToString() => $"{(Type == "pod" ? string.Empty : $"{Type}/")}{Name}{(Namespace is null ? string.Empty : $".{Namespace}")}";

    /// <summary>What the gateway says of itself in the node of <c>/server_info</c>.</summary>
    /// <param name="Pod">The name of its pod.</param>
    /// <param name="Workload">The name of its deployment.</param>
    /// <param name="Namespace">Its namespace.</param>
    /// <param name="GatewayName">The Gateway of the Gateway API that it was made for; null when there is none.</param>
    public sealed record LocalGateway(string Pod, string Workload, string Namespace, string? GatewayName = null)
    {
        private const string GatewayNameLabel = "gateway.networking.k8s.io/gateway-name";

        // node.id is router~ADDRESS~POD.NAMESPACE~DOMAIN, node.cluster is WORKLOAD.NAMESPACE
        internal static LocalGateway Parse(string serverInfo)
        {
            using JsonDocument json = JsonDocument.Parse(serverInfo);
            string id = Member("id") ?? string.Empty;
            string pod = id.Split('~') is [_, _, var full, ..] ? full : id;
            int dot = pod.LastIndexOf('.');
            string nameSpace = dot < 0 ? DefaultNamespace : pod[(dot + 1)..];
            string podName = dot < 0 ? pod : pod[..dot];
            string workload = Member("cluster") is { Length: > 0 } cluster ? cluster.Split('.')[0] : DefaultName;
            return new LocalGateway(podName.Length == 0 ? DefaultName : podName, workload, nameSpace, Member("metadata", "LABELS", GatewayNameLabel));

            string? Member(params string[] path)
            {
                if (!json.RootElement.TryGetProperty("node", out JsonElement element))
                {
                    return null;
                }

                foreach (string name in path)
                {
                    if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                    {
                        return null;
                    }
                }

                return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
            }
        }
    }
}
