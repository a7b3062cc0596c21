using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidegate.Failures;
using Tidegate.Printing;
using Tidegate.ProxyConfig;
using Tidegate.Running;

namespace Tidegate.Commands;

/// <summary><c>tidegate version</c> (cli.md, 6.3): the version of this program, and that of the running gateway where there is one.</summary>
internal static class VersionCommand
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console, ProxyConfigOptions options)
    {
        var command = new DocumentedCommand(
            "version",
            "Show the version of tidegate, and of the gateway that runs.",
            "tidegate version",
            "tidegate version --remote=false",
            "tidegate version -o json");
        DocumentedOption<string> output = DocumentedOption.Text(["--output", "-o"], "FORMAT", "Output format: json or yaml in place of lines");
        output.CompletionSources.Add("json", "yaml");
        DocumentedOption<bool> remote = DocumentedOption.Switch(["--remote"], "Ask the running gateway for its version, too", fallback: true);
        DocumentedOption<bool> isShort = DocumentedOption.Switch(["--short", "-s"], "Show numbers alone; with false all that the build knows", fallback: true);
        command.Add(output);
        command.Add(remote);
        command.Add(isShort);
        command.Add(options.ProxyAdminPort);
        command.Add(options.AdminAddress);
        command.SetAction(async (result, cancellation) =>
        {
            OutputFormat format = result.GetValue(output) switch
            {
                "" or "short" => OutputFormat.Short,
                "json" => OutputFormat.Json,
                "yaml" => OutputFormat.Yaml,
                _ => throw new CommandException("--output must be 'yaml' or 'json'"),
            };
            RunningGateway? gateway = result.GetValue(remote) ? await ReadGatewayAsync(console, options, result, cancellation).ConfigureAwait(false) : null;
            if (format == OutputFormat.Short)
            {
                WriteLines(console.Output, gateway, result.GetValue(isShort));
            }
            else
            {
                OutputFormats.WriteJson(console.Output, format, JsonSerializer.Serialize(new Document(gateway), Indented));
            }
        });
        return command;
    }

    // Without a gateway there is still the program's own version to tell.
    private static async Task<RunningGateway?> ReadGatewayAsync(CommandConsole console, ProxyConfigOptions options, ParseResult result, CancellationToken cancellation)
    {
        using AdminClient client = options.ClientOf(result);
        try
        {
            return RunningGateway.Parse(await client.GetAsync("server_info", cancellation).ConfigureAwait(false));
        }
        catch (CommandException)
        {
            console.Errors.Write($"No gateway answers at {client.Base}; only the program's own version is shown.\n");
            return null;
        }
    }

    private static void WriteLines(TextWriter output, RunningGateway? gateway, bool isShort)
    {
        output.Write($"client version: {(isShort ? ProductVersion.Text : BuildInfo.OfProgram)}\n");
        if (gateway is not null)
        {
            output.Write($"control plane version: {(isShort ? gateway.Build.Version : gateway.Build)}\n");
            output.Write($"data plane version: {gateway.Build.Version} (1 proxies)\n");
        }
    }

    private sealed class Document(RunningGateway? gateway)
    {
        [JsonPropertyName("clientVersion")]
        public BuildInfo Client { get; } = BuildInfo.OfProgram;

        [JsonPropertyName("meshVersion")]
        public IReadOnlyList<Component>? Mesh { get; } = gateway is null ? null : [new Component("pilot", gateway.Build.Revision, gateway.Build)];

        [JsonPropertyName("dataPlaneVersion")]
        public IReadOnlyList<DataPlane>? DataPlane { get; } = gateway is null ? null : [new DataPlane(gateway.Pod, gateway.Build.Version, "gateway")];
    }

    private sealed record Component(string Name, string Revision, BuildInfo Info)
    {
        [JsonPropertyName("Component")]
        public string Name { get; } = Name;
    }

    private sealed record DataPlane(
        [property: JsonPropertyName("ID")] string Id,
        [property: JsonPropertyName("IstioVersion")] string Version,
        [property: JsonPropertyName("Type")] string Type);

    private sealed record BuildInfo(
        [property: JsonPropertyName("version")] string Version,
        [property: JsonPropertyName("revision")] string Revision,
        [property: JsonPropertyName("runtime")] string? Runtime,
        [property: JsonPropertyName("platform")] string? Platform)
    {
        public static BuildInfo OfProgram { get; } =
            new(ProductVersion.Text, ProductVersion.Revision, RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier);

        public override string ToString() =>
            $"{Version} (revision {Revision}{(Runtime is null ? string.Empty : $", {Runtime}, {Platform}")})";
    }

    /// <summary>What <c>/server_info</c> says of the gateway.</summary>
    private sealed record RunningGateway(string Pod, BuildInfo Build)
    {
        public static RunningGateway Parse(string serverInfo)
        {
            using JsonDocument json = JsonDocument.Parse(serverInfo);

            // REVISION/VERSION/Clean/RELEASE/SSL
            string[] parts = (json.RootElement.TryGetProperty("version", out JsonElement text) ? text.GetString() : null)?.Split('/') ?? [];
            ProxyTarget.LocalGateway gateway = ProxyTarget.LocalGateway.Parse(serverInfo);
            return new RunningGateway(
                $"{gateway.Pod}.{gateway.Namespace}",
                new BuildInfo(parts.ElementAtOrDefault(1) ?? "unknown", parts.ElementAtOrDefault(0) ?? "unknown", null, null));
        }
    }
}
