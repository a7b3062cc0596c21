using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Tests.Sources;

public sealed class ManifestReaderTests
{
    private const string Gateway = """
        apiVersion: networking.istio.io/v1alpha3
        kind: Gateway
        metadata:
          name: coolstore-gateway
          namespace: istioinaction
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["webapp.istioinaction.io"]
        """;

    [Fact]
    public void A_gateway_is_read_with_all_that_it_says()
    {
        Manifest manifest = Read(Gateway);
        Gateway gateway = Assert.IsType<Gateway>(Assert.Single(manifest.Resources));
        Assert.Equal("Gateway istioinaction/coolstore-gateway", gateway.ToString());
        Assert.Equal("ingressgateway", gateway.Spec.Selector["istio"]);
        GatewayServer server = Assert.Single(gateway.Spec.Servers);
        Assert.Equal(80u, server.Port!.Number);
        Assert.Equal(["webapp.istioinaction.io"], server.Hosts);
        Assert.Equal(10, gateway.Origin.LineOf("spec.servers[0].hosts"));
        Assert.Empty(manifest.Diagnostics);
    }

    [Fact]
    public void An_unknown_field_is_a_warning_that_names_the_nearest_known_one()
    {
        Manifest manifest = Read(Gateway.Replace("hosts:", "host:", StringComparison.Ordinal));
        Assert.Equal(
            "test.yaml:10: Gateway istioinaction/coolstore-gateway: spec.servers[0].host: is not a field that is known here, and has no effect; did you mean hosts?",
            manifest.Diagnostics[0].ToString());
    }

    [Fact]
    public void A_wrong_type_costs_this_object_and_no_other()
    {
        Manifest manifest = Read(Gateway.Replace("number: 80", "number: eighty", StringComparison.Ordinal) + "\n---\n" + Gateway.Replace("coolstore-gateway", "other", StringComparison.Ordinal));
        Assert.Equal("other", Assert.Single(manifest.Resources).Name);
        Assert.Equal("coolstore-gateway", Assert.Single(manifest.Refused).Name);
        Assert.StartsWith(
            "test.yaml:9: Gateway istioinaction/coolstore-gateway: spec.servers[0].port.number: found \"eighty\", expected a whole number from 0 to",
            manifest.Diagnostics[0].ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_no_YAML_costs_no_other_document()
    {
        Manifest manifest = Read("a: [1\nb: }\n---\n" + Gateway);
        Assert.Single(manifest.Resources);
        Assert.True(manifest.HasUnreadableDocument);
        Assert.Contains("is not YAML", manifest.Diagnostics[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_read_item_by_item_and_other_kinds_are_named()
    {
        string list = "apiVersion: v1\nkind: List\nitems:\n- " + Gateway.Replace("\n", "\n  ", StringComparison.Ordinal)
            + "\n- {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}\n";
        Manifest manifest = Read(list);
        Assert.Equal(["Gateway", "Deployment"], manifest.Resources.Select(resource => resource.Kind)); // analysis looks at pods, and at what makes them
        Assert.IsType<ForeignObject>(manifest.Resources[1]);
        Assert.Equal(
            "test.yaml:14: Deployment x: the gateway does not need objects of this kind; they are accepted and have no effect",
            Assert.Single(manifest.Diagnostics).ToString());
    }

    [Fact]
    public void Json_is_read_too()
    {
        Manifest manifest = Read("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"webapp"},"spec":{"ports":[{"port":80,"targetPort":8080}]}}""");
        Service service = Assert.IsType<Service>(Assert.Single(manifest.Resources));
        Assert.Equal("default", service.Namespace);
        Assert.Equal(8080, service.Spec.Ports[0].TargetPort!.Number);
    }

    [Fact]
    public void What_is_said_of_a_file_is_bounded()
    {
        var limits = new ManifestLimits { MaxFindings = 5, MaxRepeatedMessages = 3, MaxUnreadableDocuments = 10, MaxValues = 1000 };
        var reader = new ManifestReader("default", limits);
        string Many(int count, Func<int, string> text) => string.Join("\n---\n", Enumerable.Range(0, count).Select(text));

        // Kinds that are not needed, documents that are none, wrong hosts of one object, one document that is too large.
        Manifest kinds = reader.Read("kinds.yaml", Many(100, i => $"apiVersion: example.com/v1\nkind: Kind{i}\nmetadata: {{name: a}}"));
        Manifest scalars = reader.Read("scalars.yaml", Many(100, i => $"{i}"));
        Manifest hosts = reader.Read("hosts.yaml", Gateway.Replace("[\"webapp.istioinaction.io\"]", $"[{string.Join(", ", Enumerable.Range(0, 50).Select(i => $"a/b/c{i}"))}]", StringComparison.Ordinal));
        Manifest values = reader.Read("values.yaml", $"a: [{string.Join(",", Enumerable.Range(0, 1001))}]");

        Assert.Equal(4, kinds.Diagnostics.Count);
        Assert.Contains("is the first of 97 further kinds", kinds.Diagnostics[^1].Message, StringComparison.Ordinal);
        Assert.Equal(4, scalars.Diagnostics.Count);
        Assert.Contains("more than 10 documents cannot be read", scalars.Diagnostics[^1].Message, StringComparison.Ordinal);
        Assert.Equal(5, hosts.Diagnostics.Count);
        Assert.Single(hosts.Refused);
        Assert.Contains("has more than 1000 values", Assert.Single(values.Diagnostics).Message, StringComparison.Ordinal);
    }

    private static Manifest Read(string text) => new ManifestReader("default").Read("test.yaml", text);
}
