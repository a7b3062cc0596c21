namespace Tidegate.Tests.Commands;

/// <summary><c>tidegate validate</c> (cli.md, 6.2).</summary>
public sealed class ValidateCommandTests
{
    private const string Gateway = "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, spec: {servers: [{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}}]}}";

    [Fact]
    public async Task What_can_be_taken_is_valid()
    {
        CommandRun run = await CommandRun.WithInputAsync(Gateway, "validate", "-f", "-");

        Assert.Equal((0, "validation succeed\n"), (run.ExitCode, run.Errors));
    }

    [Theory]
    [InlineData("Gateway//g: spec.servers: gateway must have at least one server", "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, spec: {}}")]
    [InlineData("Gateway/prod/g: spec.servers: gateway must have at least one server", "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g, namespace: prod}, spec: {}}")]
    [InlineData("Service//s: service \"s//:\" has an unnamed port. This is not recommended, See https://istio.io/v1.30/docs/ops/deployment/requirements/", "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}")]
    [InlineData("Service//s: service \"s//:\" port \"web\" does not follow the Istio naming convention. See https://istio.io/v1.30/docs/ops/deployment/requirements/", "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80, name: web}]}}")]
    public async Task What_cannot_be_taken_is_told_with_its_object(string error, string yaml)
    {
        CommandRun run = await CommandRun.WithInputAsync(yaml, "v", "-f", "-");

        Assert.Equal((1, $"Error: 1 error occurred:\n\t* {error}"), (run.ExitCode, run.Failed));
    }

    [Theory]
    [InlineData("extra", "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, extra: 1, spec: {servers: [{hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}}]}}")]
    [InlineData("spec.servers[0].hostz", "{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, spec: {servers: [{hosts: ['*'], hostz: 1, port: {number: 80, name: http, protocol: HTTP}}]}}")]
    public async Task A_field_that_is_not_known_is_an_error(string field, string yaml)
    {
        CommandRun run = await CommandRun.WithInputAsync(yaml, "validate", "-f", "-");

        Assert.StartsWith($"Error: 1 error occurred:\n\t* Gateway//g: unknown field \"{field}\": ", run.Failed);
    }

    [Fact]
    public async Task Two_keys_of_one_name_are_an_error()
    {
        CommandRun run = await CommandRun.WithInputAsync(Gateway.Replace("kind: Gateway", "kind: Gateway, kind: Gateway"), "validate", "-f", "-");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("Error: 1 error occurred:\n\t* failed to decode file -:", run.Failed);
    }

    [Fact]
    public async Task Files_are_told_by_name_with_their_warnings()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tidegate-test-");
        try
        {
            string good = Path.Combine(folder.FullName, "good.yaml");
            string doubtful = Path.Combine(folder.FullName, "warn.yaml");
            File.WriteAllText(good, Gateway);
            File.WriteAllText(doubtful, Gateway.Replace("protocol: HTTP}", "protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c, httpsRedirect: true}"));

            CommandRun run = await CommandRun.OfAsync("validate", "-f", folder.FullName);

            Assert.Equal(0, run.ExitCode);
            Assert.Equal($"\"{good}\" is valid\n\"{doubtful}\" has warnings: \n\t* Gateway//g: spec.servers[0].tls.httpsRedirect: tls.httpsRedirect should only be used with http servers\n\n", run.Errors);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_files_it_is_told_how_to_name_them()
    {
        CommandRun run = await CommandRun.OfAsync("validate");

        Assert.StartsWith("Error: error: you must specify resources by --filename.\n", run.Failed);
        Assert.Equal(1, run.ExitCode);
    }
}
