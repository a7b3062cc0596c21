using Tidegate.Pilot.Sources;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>Secrets in files as Envoy subscribes to them; nothing that is said of one that is wrong has a word of it.</summary>
public sealed class DiscoveryFileTests
{
    private const string File = """
        version_info: "1"
        resources:
        - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
          name: token
          generic_secret: {secret: {inline_string: s3cr3t}}
        - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
          name: hmac
          generic_secret:
            secret:
              inline_bytes: a2V5
        """;

    [Theory]
    [InlineData("token", "s3cr3t", "")]
    [InlineData("hmac", "", "key")]
    public void A_secret_is_found_by_its_name(string name, string text, string bytes)
    {
        var secret = DiscoveryFile.FindSecret(File, name, out string problem);

        Assert.Empty(problem);
        Assert.Equal((name, text, bytes), (secret!.Name, secret.GenericSecret.Secret.InlineString, secret.GenericSecret.Secret.InlineBytes.ToStringUtf8()));
    }

    [Fact]
    public void JSON_is_read_as_well()
    {
        const string Json = """{"resources": [{"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "name": "token", "genericSecret": {"secret": {"inlineString": "x"}}}]}""";

        Assert.Equal("x", DiscoveryFile.FindSecret(Json, "token", out _)?.GenericSecret.Secret.InlineString);
    }

    [Theory]
    [InlineData("other", "", "", "it has no secret of the name \"other\"")]
    [InlineData("token", "resources:", "resourcez:", "it is no DiscoveryResponse")]
    [InlineData("token", "generic_secret: {secret: {inline_string: s3cr3t}}", "generic_secret: {secret: {inline_string: [s3cr3t]}}", "it is no DiscoveryResponse")]
    [InlineData("token", "tls.v3.Secret", "tls.v3.Unknown", "it is no DiscoveryResponse")]
    [InlineData("token", "generic_secret: {secret: {inline_string: s3cr3t}}", "generic_secret: {secret: {inline_string: s3cr3t", "is no YAML")]
    [InlineData("token", "version_info: \"1\"", "a: 1\n---\nb: 2\n---", "one document is expected")]
    [InlineData("token", File, "", "one document is expected")]
    public void What_is_wrong_is_told_without_a_word_of_the_file(string name, string what, string with, string expected)
    {
        string text = what.Length == 0 ? File : File.Replace(what, with, StringComparison.Ordinal);

        Assert.Null(DiscoveryFile.FindSecret(text, name, out string problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem, StringComparison.Ordinal);
    }
}
