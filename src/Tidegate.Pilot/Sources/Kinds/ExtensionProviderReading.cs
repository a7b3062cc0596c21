using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads an entry of the mesh's <c>extensionProviders</c>. Of all kinds of providers a gateway asks the authorizers alone.</summary>
internal static class ExtensionProviderReading
{
    private static readonly string[] Tracers = ["zipkin", "lightstep", "datadog", "stackdriver", "opencensus", "skywalking", "opentelemetry"];
    private static readonly string[] Logs = ["envoyHttpAls", "envoyTcpAls", "envoyOtelAls"];

    public static ExtensionProvider Read(ObjectReader provider)
    {
        string name = provider.Text("name");
        provider.Ignore("prometheus", "envoyFileAccessLog", "sds"); // statistics are there for it; files, and where secrets are, other settings say
        foreach (string tracer in Tracers)
        {
            provider.NotActedOn(tracer, "no traces are made");
        }

        foreach (string log in Logs)
        {
            provider.NotActedOn(log, "no access log is sent to a service");
        }

        return provider.Object("envoyExtAuthzHttp", reader => ReadHttp(reader, name))
            ?? provider.Object("envoyExtAuthzGrpc", reader => ReadGrpc(reader, name))
            ?? new ExtensionProvider { Name = name };
    }

    private static ExtensionProvider ReadHttp(ObjectReader reader, string name)
    {
        IReadOnlyList<string> older = reader.Texts("includeHeadersInCheck");
        IReadOnlyList<string> headers = reader.Texts("includeRequestHeadersInCheck");
        return ReadCommon(reader, name) with
        {
            PathPrefix = reader.Text("pathPrefix"),
            IncludeRequestHeadersInCheck = headers.Count > 0 ? headers : older,
            IncludeAdditionalHeadersInCheck = reader.Map("includeAdditionalHeadersInCheck"),
            HeadersToUpstreamOnAllow = reader.Texts("headersToUpstreamOnAllow"),
            HeadersToDownstreamOnDeny = reader.Texts("headersToDownstreamOnDeny"),
            HeadersToDownstreamOnAllow = reader.Texts("headersToDownstreamOnAllow"),
        };
    }

    private static ExtensionProvider ReadGrpc(ObjectReader reader, string name) => ReadCommon(reader, name) with { IsGrpc = true };

    private static ExtensionProvider ReadCommon(ObjectReader reader, string name) => new()
    {
        Name = name,
        IsAuthorizer = true,
        Service = reader.Text("service"),
        Port = reader.Unsigned("port"),
        Timeout = reader.Duration("timeout"),
        FailOpen = reader.Flag("failOpen"),
        StatusOnError = reader.Text("statusOnError"),
        ClearRouteCache = reader.Flag("clearRouteCache"),
        IncludeRequestBodyInCheck = reader.Object("includeRequestBodyInCheck", body => new ExtensionProviderBody(
            body.Unsigned("maxRequestBytes"), body.Flag("allowPartialMessage"), body.Flag("packAsBytes"))),
    };
}
