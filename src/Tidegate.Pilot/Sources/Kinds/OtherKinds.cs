using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>
/// The kinds that the gateway does not read, and what that means: those that protect traffic are errors, those that a gateway would act on are warnings,
/// and only what a gateway has no use for is passed over. A kind that exists nowhere is taken for a misspelt one.
/// </summary>
internal static class OtherKinds
{
    private const string Anything = "*";
    private const string SecurityGroup = "security.istio.io";

    // What an unprotected route is to the one who reads the log: said of every object.
    private const string Unprotected = "traffic is not protected by it";

    // By group and kind; the first row counts.
    private static readonly OtherKind[] All =
    [
        new(ApiGroups.GatewayApi, "BackendTLSPolicy", Severity.Error, $"is not enforced: a DestinationRule tells how this gateway speaks TLS to backends; {Unprotected}"),
        new(
            SecurityGroup,
            "PeerAuthentication",
            Severity.Warning,
            "is not acted on: this gateway has no automatic mutual TLS, a DestinationRule with tls.mode ISTIO_MUTUAL or MUTUAL tells where it speaks it"),
        new("telemetry.istio.io", "Telemetry", Severity.Warning, "is not acted on: access logs and statistics are those of the mesh's configuration; no traces are made"),
        new("extensions.istio.io", "WasmPlugin", Severity.Warning, "is not acted on: this gateway does not run WebAssembly"),
        new("extensions.istio.io", Anything, Severity.Warning, "is not acted on: this gateway does not run extensions"),
        new("networking.k8s.io", "Ingress", Severity.Warning, "is not acted on: no request is routed by it; write a Gateway and a VirtualService"),
        new("networking.k8s.io", "IngressClass", Severity.Warning, "is not acted on, as Ingress is not; write a Gateway and a VirtualService"),
        new("extensions", "Ingress", Severity.Warning, "is not acted on: no request is routed by it; write a Gateway and a VirtualService"),
        new(ApiGroups.GatewayApi, Anything, Severity.Warning, $"is of the Gateway API, which is not acted on; write a Gateway and a VirtualService of {ApiGroups.Networking}"),
        new("gateway.networking.x-k8s.io", Anything, Severity.Warning, $"is of the Gateway API, which is not acted on; write a Gateway and a VirtualService of {ApiGroups.Networking}"),
        new("multicluster.x-k8s.io", Anything, Severity.Warning, "is not acted on: services of other clusters are told by a ServiceEntry"),
        new("install.istio.io", "IstioOperator", Severity.Warning, "is not acted on: the mesh's configuration is read from the ConfigMap istio, or from a document of the form mesh: {...}"),
        new(ApiGroups.EnvoyGateway, Anything, Severity.Warning, "is not acted on: of Envoy Gateway's kinds this gateway knows SecurityPolicy"),
        new(ApiGroups.Networking, "Sidecar"),
        new(ApiGroups.Networking, "WorkloadGroup"),
        new(string.Empty, "Binding"),
        new(string.Empty, "ComponentStatus"),
        new(string.Empty, "Event"),
        new(string.Empty, "LimitRange"),
        new(string.Empty, "Node"),
        new(string.Empty, "PersistentVolume"),
        new(string.Empty, "PersistentVolumeClaim"),
        new(string.Empty, "PodTemplate"),
        new(string.Empty, "ReplicationController"),
        new(string.Empty, "ResourceQuota"),
        new(string.Empty, "ServiceAccount"),
        new("networking.k8s.io", "IPAddress"),
        new("networking.k8s.io", "NetworkPolicy"),
        new("networking.k8s.io", "ServiceCIDR"),
    ];

    /// <summary>What to say about an object.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="apiVersion">Its <c>apiVersion</c>.</param>
    /// <param name="root">The object.</param>
    public static KindNote NoteOn(string kind, string apiVersion, YamlMapping root)
    {
        string group = ApiKind.GroupOf(apiVersion);
        if (Array.Find(All, other => other.Group == group && (other.Kind == kind || other.Kind == Anything)) is { } known)
        {
            return IsAccessCheck(kind, root)
                ? new KindNote(Severity.Error, KindNote.NotEnforced, $"is not enforced: this gateway does not run WebAssembly; {Unprotected}")
                : known.Note;
        }

        return Misspelt(kind, group, apiVersion) is { } message
            ? new KindNote(Protects(message.MeantKind) ? Severity.Error : Severity.Warning, KindNote.Unknown, message.Text)
            : OtherKind.NotNeededNote;
    }

    // A plugin in these phases is there to turn requests away.
    private static bool IsAccessCheck(string kind, YamlMapping root) =>
        kind == "WasmPlugin" && root["spec"] is YamlMapping spec && spec["phase"] is YamlScalar { Value: "AUTHN" or "AUTHZ" };

    private static (string MeantKind, string Text)? Misspelt(string kind, string group, string apiVersion)
    {
        // 1. The right kind in a group that does not have it.
        if (MeantGroup(kind, group) is { } versions)
        {
            return (kind, $"{kind} of apiVersion {apiVersion} is not a kind that is known here, and has no effect{Protection(kind)}; did you mean apiVersion {versions}?");
        }

        // 2. A kind that nearly is one of its group, or of any of Istio's.
        string? meant = NearestName.Of(kind, KindsOf(candidate => candidate == group))
            ?? (group.Contains("istio", StringComparison.OrdinalIgnoreCase) ? NearestName.Of(kind, KindsOf(IsOfIstio)) : null);
        if (meant is not null)
        {
            return (meant, $"{kind} is not a kind that is known here, and has no effect{Protection(meant)}; did you mean {meant}?");
        }

        // 3. A group of which all kinds are known.
        return IsOfIstio(group) || group.Length == 0
            ? (kind, $"{kind} is not a kind of apiVersion {apiVersion} that is known here, and has no effect")
            : null;
    }

    private static string? MeantGroup(string kind, string group)
    {
        bool isForeign = group.Contains('.') && !group.EndsWith(".k8s.io", StringComparison.Ordinal) && !group.Contains("istio", StringComparison.OrdinalIgnoreCase);
        KnownKind? known = KnownKinds.All.FirstOrDefault(candidate => candidate.Kind == kind);
        string? version = known?.ApiVersions[0] ?? Array.Find(All, other => other.Kind == kind && IsOfIstio(other.Group))?.Group;
        return version is null || (isForeign && known is not { IsProtobuf: true }) ? null : version;
    }

    private static IEnumerable<string> KindsOf(Func<string, bool> isOfGroup) =>
        KnownKinds.All.Where(known => isOfGroup(known.Group)).Select(known => known.Kind)
            .Concat(All.Where(other => other.Kind != Anything && isOfGroup(other.Group)).Select(other => other.Kind));

    private static bool IsOfIstio(string group) => group.EndsWith(".istio.io", StringComparison.Ordinal);

    private static string Protection(string kind) => Protects(kind) ? $": {Unprotected}" : string.Empty;

    private static bool Protects(string kind) =>
        KnownKinds.All.Any(known => known.Kind == kind && known.Guards) || Array.Exists(All, other => other.Kind == kind && other.Note.Code == KindNote.NotEnforced);

    /// <summary>A row of the table.</summary>
    private sealed record OtherKind(string Group, string Kind, KindNote Note)
    {
        // Not needed.
        public OtherKind(string group, string kind)
            : this(group, kind, NotNeededNote)
        {
        }

        public OtherKind(string group, string kind, Severity severity, string message)
            : this(group, kind, new KindNote(severity, severity == Severity.Error ? KindNote.NotEnforced : KindNote.NotActedOn, message))
        {
        }

        public static KindNote NotNeededNote { get; } =
            new(Severity.Info, KindNote.NotNeeded, "the gateway does not need objects of this kind; they are accepted and have no effect");
    }
}
