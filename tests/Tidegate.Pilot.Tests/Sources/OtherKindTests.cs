using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>Nothing that concerns a gateway is passed over without a word.</summary>
public sealed class OtherKindTests
{
    [Theory]
    [InlineData("gateway.networking.k8s.io/v1alpha3", "BackendTLSPolicy")]
    [InlineData("security.istio.io/v1", "AuthorisationPolicy")]
    [InlineData("security.istio/v1", "RequestAuthentication")]
    public void What_would_protect_traffic_is_an_error_that_says_that_it_does_not(string apiVersion, string kind)
    {
        Diagnostic diagnostic = Assert.Single(Read(apiVersion, kind).Diagnostics);

        Assert.Equal(Severity.Error, diagnostic.Severity);
        Assert.Equal(new Resources.ResourceKey(Resources.ApiKind.Of(apiVersion, kind), "shop", "it"), diagnostic.Resource);
        Assert.Equal(1, diagnostic.Line);
        Assert.Contains("traffic is not protected by it", diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("security.istio.io/v1", "PeerAuthentication")]
    [InlineData("telemetry.istio.io/v1", "Telemetry")]
    [InlineData("extensions.istio.io/v1alpha1", "WasmPlugin")]
    [InlineData("networking.k8s.io/v1", "Ingress")]
    [InlineData("networking.k8s.io/v1", "IngressClass")]
    [InlineData("gateway.networking.k8s.io/v1", "Gateway")]
    [InlineData("gateway.networking.k8s.io/v1", "HTTPRoute")]
    [InlineData("gateway.networking.k8s.io/v1alpha2", "TCPRoute")]
    [InlineData("gateway.networking.k8s.io/v1", "GRPCRoute")]
    [InlineData("gateway.networking.k8s.io/v1", "ReferenceGrant")]
    [InlineData("gateway.networking.x-k8s.io/v1alpha1", "XListenerSet")]
    [InlineData("multicluster.x-k8s.io/v1alpha1", "ServiceImport")]
    [InlineData("install.istio.io/v1alpha1", "IstioOperator")]
    public void What_concerns_a_gateway_and_is_not_acted_on_is_a_warning_for_each_object(string apiVersion, string kind)
    {
        Manifest manifest = new ManifestReader("shop").Read("test.yaml", $"{Text(apiVersion, kind)}\n---\n{Text(apiVersion, kind)}");

        Assert.Equal(2, manifest.Diagnostics.Count);
        Assert.All(manifest.Diagnostics, diagnostic => Assert.Equal((Severity.Warning, "kind-not-acted-on"), (diagnostic.Severity, diagnostic.Code)));
    }

    [Fact]
    public void A_plugin_that_checks_access_is_one_that_protects()
    {
        Manifest manifest = new ManifestReader("shop").Read("test.yaml", Text("extensions.istio.io/v1alpha1", "WasmPlugin") + "\nspec: {phase: AUTHZ}");

        Assert.Equal(Severity.Error, Assert.Single(manifest.Diagnostics).Severity);
    }

    [Theory]
    [InlineData("networking.istio.io/v1", "VirtualSevice", "did you mean VirtualService?")]
    [InlineData("networking.istio.io/v1", "virtualservice", "did you mean VirtualService?")]
    [InlineData("networking.istio.io/v1", "DestinationRules", "did you mean DestinationRule?")]
    [InlineData("networking.istio.io/v1", "Gatway", "did you mean Gateway?")]
    [InlineData("networking.istio.io/v1", "HttpThing", "is not a kind of apiVersion networking.istio.io/v1 that is known here")]
    [InlineData("networking.istio/v1", "VirtualService", "did you mean apiVersion networking.istio.io/v1?")]
    [InlineData("v1", "VirtualService", "did you mean apiVersion networking.istio.io/v1?")]
    [InlineData("v1", "Serivce", "did you mean Service?")]
    [InlineData("apps/v1", "Service", "did you mean apiVersion v1?")]
    [InlineData("discovery.k8s.io/v1", "EndpointSlices", "did you mean EndpointSlice?")]
    public void A_misspelt_kind_is_a_warning_that_names_the_one_that_is_meant(string apiVersion, string kind, string advice)
    {
        Diagnostic diagnostic = Assert.Single(Read(apiVersion, kind).Diagnostics);

        Assert.Equal((Severity.Warning, "kind-unknown"), (diagnostic.Severity, diagnostic.Code));
        Assert.Contains(advice, diagnostic.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apps/v1", "Deployment")]
    [InlineData("v1", "ServiceAccount")]
    [InlineData("v1", "Node")]
    [InlineData("networking.istio.io/v1", "Sidecar")]
    [InlineData("networking.k8s.io/v1", "NetworkPolicy")]
    [InlineData("serving.knative.dev/v1", "Service")]
    [InlineData("cert-manager.io/v1", "Certificate")]
    [InlineData("rbac.authorization.k8s.io/v1", "ClusterRole")]
    public void What_a_gateway_does_not_need_is_told_once_per_file(string apiVersion, string kind)
    {
        Manifest manifest = new ManifestReader("shop").Read("test.yaml", $"{Text(apiVersion, kind)}\n---\n{Text(apiVersion, kind)}");

        Diagnostic diagnostic = Assert.Single(manifest.Diagnostics);
        Assert.Equal((Severity.Info, "kind-not-needed"), (diagnostic.Severity, diagnostic.Code));
        Assert.EndsWith("(2 in this file)", diagnostic.Message, StringComparison.Ordinal);
    }

    private static Manifest Read(string apiVersion, string kind) => new ManifestReader("shop").Read("test.yaml", Text(apiVersion, kind));

    private static string Text(string apiVersion, string kind) => $$"""
        apiVersion: {{apiVersion}}
        kind: {{kind}}
        metadata: {name: it, namespace: shop}
        """;
}
