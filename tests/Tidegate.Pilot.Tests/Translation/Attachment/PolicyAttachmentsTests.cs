using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Attachment;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Tests.Translation.Attachment;

/// <summary>Which of several policies counts where, and what is told of those that do not (Envoy Gateway: policy attachment).</summary>
public sealed class PolicyAttachmentsTests
{
    private const string Objects = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: web, namespace: prod, labels: {tier: edge}}
        spec:
          servers:
          - {name: plain, port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
          - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: cert}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: prod, labels: {tier: edge}}
        spec:
          hosts: [shop.test]
          gateways: [web]
          http:
          - {name: api, match: [{uri: {prefix: /api}}], route: [{destination: {host: shop}}]}
          - {name: team, match: [{uri: {prefix: /team}}], delegate: {name: team, namespace: team}}
          - {route: [{destination: {host: shop}}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: team, namespace: team}
        spec:
          http:
          - {name: part, match: [{uri: {prefix: /team/part}}], route: [{destination: {host: part}}]}
          - {match: [{uri: {prefix: /team}}], route: [{destination: {host: team}}]}
        """;

    private const string WholeGateway = "networking.istio.io/Gateway/web";
    private const string WholeService = "networking.istio.io/VirtualService/shop";

    [Theory]
    // The Gateway's counts everywhere, a section's of the Gateway for that server alone.
    [InlineData("a: " + WholeGateway, "a a a a a", "a a a a a")]
    [InlineData("a: " + WholeGateway + "; b: " + WholeGateway + "/https", "a a a a a", "b b b b b")]
    [InlineData("b: " + WholeGateway + "/plain", "b b b b b", "- - - - -")]
    [InlineData("b: " + WholeGateway + "/http", "b b b b b", "- - - - -")]
    [InlineData("a: " + WholeGateway + "/plain; b: " + WholeGateway + "/http", "a a a a a", "- - - - -")]
    // The route's before the Gateway's, and the more specific of a route's.
    [InlineData("a: " + WholeGateway + "; b: " + WholeService, "a b b b b", "a b b b b")]
    [InlineData("a: " + WholeGateway + "/https; b: " + WholeService + "/api", "- b - - -", "a b a a a")]
    [InlineData("a: " + WholeService + "; b: " + WholeService + "/api", "- b a a a", "- b a a a")]
    // A delegate's before the root's.
    [InlineData("a: " + WholeService + "/team; team/b: networking.istio.io/VirtualService/team", "- - b b -", "- - b b -")]
    [InlineData("a: " + WholeService + "/team; team/b: networking.istio.io/VirtualService/team/part", "- - b a -", "- - b a -")]
    // By labels.
    [InlineData("a: [networking.istio.io/Gateway/tier=edge]", "a a a a a", "a a a a a")]
    [InlineData("a: [networking.istio.io/VirtualService/tier=edge]; b: [networking.istio.io/VirtualService/tier=core]", "- a a a a", "- a a a a")]
    // A policy of another namespace is for that one's objects.
    [InlineData("team/a: " + WholeGateway, "- - - - -", "- - - - -")]
    // What is of the Gateway API is not what is called the same in Istio.
    [InlineData("a: gateway.networking.k8s.io/Gateway/web", "- - - - -", "- - - - -")]
    public void The_most_specific_policy_counts(string policies, string plain, string secure)
    {
        var attachments = Attach(policies);

        Assert.Equal(plain, CountingOn(attachments, 0));
        Assert.Equal(secure, CountingOn(attachments, 1));
    }

    [Fact]
    public void Of_two_for_the_same_target_the_older_one_counts_and_the_other_is_told()
    {
        var attachments = Attach($"z: {WholeGateway}; young@2026-02-01: {WholeGateway}; old@2026-01-01: {WholeGateway}");

        Assert.Equal("z z z z z", CountingOn(attachments, 0));
        Assert.Equal(
            [
                "Warning Attached prod/old targetRefs[0]: overridden by Attached prod/z, which is older or comes first by name, on Gateway prod/web: of two for the same target one counts",
                "Warning Attached prod/young targetRefs[0]: overridden by Attached prod/z, which is older or comes first by name, on Gateway prod/web: of two for the same target one counts",
            ],
            Told(attachments));
    }

    [Fact]
    public void A_policy_that_is_overridden_on_some_routes_says_by_which()
    {
        var attachments = Attach($"gateway: {WholeGateway}; section: {WholeGateway}/https; route: {WholeService}/api; whole: {WholeService}");

        Assert.Equal(
            [
                "Info Attached prod/gateway targetRefs: on Gateway prod/web overridden by Attached prod/route on VirtualService prod/shop, section \"api\"; "
                    + "Attached prod/section on Gateway prod/web, section \"https\"; Attached prod/whole on VirtualService prod/shop",
                "Info Attached prod/section targetRefs: on Gateway prod/web, section \"https\" overridden by Attached prod/route on VirtualService prod/shop, section \"api\"; "
                    + "Attached prod/whole on VirtualService prod/shop",
                "Info Attached prod/whole targetRefs: on VirtualService prod/shop overridden by Attached prod/route on VirtualService prod/shop, section \"api\"",
            ],
            Told(attachments));
    }

    [Theory]
    [InlineData("a: networking.istio.io/Gateway/wep", "targetRefs[0].name: there is no Gateway \"wep\" of networking.istio.io in namespace prod, so the policy has no effect there; did you mean web?")]
    [InlineData("a: networking.istio.io/Gateway/web/htps", "targetRefs[0].sectionName: there is no section \"htps\" in Gateway prod/web, so the policy has no effect there; did you mean https?")]
    [InlineData("a: networking.istio.io/VirtualService/shop/apis", "targetRefs[0].sectionName: there is no section \"apis\" in VirtualService prod/shop, so the policy has no effect there; did you mean api?")]
    [InlineData("a: gateway.networking.k8s.io/HTTPRoute/shop", "targetRefs[0].name: there is no HTTPRoute \"shop\" of gateway.networking.k8s.io in namespace prod, so the policy has no effect there")]
    [InlineData("a: [networking.istio.io/Gateway/tier=core]", "targetSelectors[0]: no Gateway of networking.istio.io in namespace prod has these labels, so the policy has no effect by them")]
    public void What_a_policy_is_attached_to_and_is_not_there_is_told(string policies, string told)
    {
        Assert.Equal([$"Warning Attached prod/a {told}"], Told(Attach(policies)));

        // Of what keeps requests out it is an error: nothing is protected.
        var guard = new PolicyAttachments<Guard>([new Guard(Policy("a", PolicyOf(policies.Split(": ", 2)[1])))], All());
        Assert.Equal([$"Error Guard prod/a {told}"], guard.Findings.Select(Text));
    }

    [Fact]
    public void A_policy_that_wants_to_be_merged_knows_the_one_above_it()
    {
        var gateway = Policy("gateway", PolicyOf(WholeGateway));
        var route = Policy("route", PolicyOf(WholeService) with { MergeType = PolicyMergeType.StrategicMerge });
        var attachments = new PolicyAttachments<Attached>([gateway, route], All());

        Assert.Equal(new AttachedPolicy<Attached>(route, gateway), attachments.Of(Server(0), Bound(), 0));
        Assert.Empty(attachments.Findings);
    }

    private static PolicyAttachments<Attached> Attach(string policies)
    {
        List<Attached> parsed = [];
        foreach (string text in policies.Split("; "))
        {
            string[] parts = text.Split(": ", 2);
            parsed.Add(Policy(parts[0], PolicyOf(parts[1])));
        }

        parsed.Sort(ResourceAge.Compare);
        return new PolicyAttachments<Attached>(parsed, All());
    }

    // GROUP/KIND/NAME[/SECTION], or [GROUP/KIND/KEY=VALUE].
    private static PolicyAttachment PolicyOf(string text)
    {
        string[] parts = text.Trim('[', ']').Split('/');
        return text[0] != '['
            ? new PolicyAttachment { Several = [new AttachmentTarget(parts[0], parts[1], parts[2], parts.Length > 3 ? parts[3] : "")] }
            : new PolicyAttachment
            {
                Selectors = [new AttachmentSelector(parts[0], parts[1], new LabelSelector { MatchLabels = new Dictionary<string, string> { [parts[2].Split('=')[0]] = parts[2].Split('=')[1] } })],
            };
    }

    // [NAMESPACE/]NAME[@DATE]
    private static Attached Policy(string name, PolicyAttachment attachment)
    {
        string[] dated = name.Split('@');
        string[] whole = dated[0].Split('/');
        var metadata = new ResourceMetadata
        {
            Name = whole[^1],
            Namespace = whole.Length > 1 ? whole[0] : "prod",
            CreationTimestamp = dated.Length > 1 ? DateTimeOffset.Parse(dated[1], System.Globalization.CultureInfo.InvariantCulture) : null,
        };
        return new Attached(metadata, Origin.BuiltIn, attachment);
    }

    private static IReadOnlyList<Resource> All() => TranslationCase.Read(Objects).Resources;

    private static BoundServer Server(int index) => new(All().OfType<Gateway>().Single(), index);

    private static BoundVirtualService Bound() =>
        VirtualServiceIndex.Build([.. All().OfType<VirtualService>()], ProxyNode.IngressGateway, MeshSettings.Default, new VirtualServiceMemory()).All.Single();

    // What counts for the server itself, and for each of its routes.
    private static string CountingOn(PolicyAttachments<Attached> attachments, int server)
    {
        BoundVirtualService service = Bound();
        IEnumerable<Attached?> counting = Enumerable.Range(0, service.HttpRoutes.Count).Select(route => attachments.Of(Server(server), service, route).Policy);
        return string.Join(' ', counting.Prepend(attachments.Of(Server(server))).Select(static policy => policy?.Name ?? "-"));
    }

    private static IEnumerable<string> Told(PolicyAttachments<Attached> attachments) => attachments.Findings.Select(Text).Order(StringComparer.Ordinal);

    private static string Text(Finding finding) => $"{finding.Severity} {finding.Resource} {finding.Path}: {finding.Message}";

    private sealed record Attached(ResourceMetadata Metadata, Origin Origin, PolicyAttachment Attachment) : Resource(Metadata, Origin), IAttachedPolicy
    {
        public override ApiKind ApiKind => new("test", nameof(Attached));
    }

    private sealed record Guard(Attached Policy) : Resource(Policy.Metadata, Policy.Origin), IAttachedPolicy, IGuard
    {
        public override ApiKind ApiKind => new("test", nameof(Guard));

        public PolicyAttachment Attachment => Policy.Attachment;

        public bool IsRefused => false;

        public Resource AsRefused(IReadOnlyCollection<string> wrongFields) => this;
    }
}
