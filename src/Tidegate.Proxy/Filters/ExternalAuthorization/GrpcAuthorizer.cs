using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Service.Auth.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;
using HeaderMapProto = Envoy.Config.Core.V3.HeaderMap;
using Metadata = Envoy.Config.Core.V3.Metadata;
using Request = Envoy.Service.Auth.V3.AttributeContext.Types.Request;

// Fields that Envoy calls deprecated are what authorizers still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>An authorizer that is asked by gRPC (Envoy: <c>grpc_service</c>, <c>envoy.service.auth.v3.Authorization/Check</c>; security-envoy.md 7).</summary>
internal sealed class GrpcAuthorizer : Authorizer
{
    private GrpcMethod? _check;

    /// <summary>Under which host it is asked.</summary>
    public byte[] Authority { get; init; } = [];

    /// <summary>Whether the question has no fields of Envoy's.</summary>
    public bool SkipsEnvoyHeaders { get; init; }

    /// <summary>Fields that the question gets, as calls have them.</summary>
    public (byte[] Name, byte[] Value)[] InitialMetadata { get; init; } = [];

    /// <summary>Names under which filters have noted what it is told of them.</summary>
    public string[] MetadataNamespaces { get; init; } = [];

    /// <summary>The same of the route's metadata.</summary>
    public string[] RouteMetadataNamespaces { get; init; } = [];

    /// <summary>Whether it is told the client's certificate.</summary>
    public bool TellsCertificate { get; init; }

    /// <summary>Whether it is told of the TLS session.</summary>
    public bool TellsTlsSession { get; init; }

    /// <summary>Whether fields are told as bytes, each for itself.</summary>
    public bool TellsRawHeaders { get; init; }

    /// <inheritdoc/>
    public override ValueTask<AuthorizerVerdict> AskAsync(FilterRun run, AuthorizerQuestion question) =>
        run.Services.ClientOf(Cluster) is { } client
            ? SendAsync(client, new CheckRequest { Attributes = Attributes(run.Exchange, question) }, run.Worker.Options.MaxAuthorizationAnswerBytes, run.Exchange.Request.HopCount, run.Cancellation)
            : new(AuthorizerVerdict.Failed);

    /// <summary>Asks about a connection, of which only the ends are told.</summary>
    public ValueTask<AuthorizerVerdict> AskAsync(ConnectionRun run)
    {
        if (run.Clusters.Of(Cluster) is not { } cluster)
        {
            return new(AuthorizerVerdict.Failed);
        }

        var attributes = new AttributeContext
        {
            Source = Peer(run.Traits.RemoteAddress),
            Destination = Peer(run.Traits.LocalAddress),
            MetadataContext = new Metadata(),
        };
        Describe(attributes, run.Traits.Tls, run.Traits.ServerName);
        return SendAsync(new ClusterClient(run.Worker, cluster), new CheckRequest { Attributes = attributes }, run.Worker.Options.MaxAuthorizationAnswerBytes, hopCount: 0, CancellationToken.None);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AuthorizerVerdict> SendAsync(ClusterClient client, CheckRequest request, int maxBytes, int hopCount, CancellationToken cancellation)
    {
        _check ??= new GrpcMethod("/envoy.service.auth.v3.Authorization/Check", Authority, TimeoutMs) { SkipsEnvoyHeaders = SkipsEnvoyHeaders, InitialMetadata = InitialMetadata };
        return await _check.CallAsync(client, request, maxBytes, hopCount, cancellation) is { } answer && Read(answer) is { } response ? VerdictOf(response) : AuthorizerVerdict.Failed;
    }

    private AttributeContext Attributes(HttpExchange exchange, AuthorizerQuestion question)
    {
        var attributes = new AttributeContext
        {
            Source = Peer(exchange.DownstreamRemoteAddress),
            Destination = Peer(exchange.DownstreamLocalAddress),
            MetadataContext = NotedBy(exchange.DynamicMetadata),
            RouteMetadataContext = NotedOf(exchange.RouteMetadata),
            Request = RequestOf(exchange, question),
        };
        Describe(attributes, exchange.DownstreamTls, exchange.RequestedServerName ?? string.Empty);
        attributes.ContextExtensions.Add(question.Context.ToDictionary());
        return attributes;
    }

    private void Describe(AttributeContext attributes, DownstreamTlsSession? session, string serverName)
    {
        attributes.Source.Principal = PrincipalOf(session);
        attributes.Source.Certificate = TellsCertificate && session?.Peer is { } peer ? peer.UrlEncodedPem : string.Empty;
        attributes.TlsSession = TellsTlsSession ? new AttributeContext.Types.TLSSession { Sni = serverName } : null;
    }

    private Metadata NotedBy(DynamicMetadata noted)
    {
        var metadata = new Metadata();
        foreach (string name in MetadataNamespaces)
        {
            if (noted.Has(name))
            {
                metadata.FilterMetadata[name] = noted.ToStruct(name);
            }
        }

        return metadata;
    }

    private Metadata NotedOf(Metadata? route)
    {
        var metadata = new Metadata();
        foreach (string name in RouteMetadataNamespaces)
        {
            if (route?.FilterMetadata.TryGetValue(name, out Struct? said) == true)
            {
                metadata.FilterMetadata[name] = said;
            }
        }

        return metadata;
    }

    private Request RequestOf(HttpExchange exchange, AuthorizerQuestion question)
    {
        RequestHead request = exchange.Request;
        var http = new AttributeContext.Types.HttpRequest
        {
            Method = Text(request.MethodName),
            Path = Text(request.Path),
            Host = Text(request.Authority),
            Scheme = request.Scheme.IsEmpty ? exchange.IsDownstreamTls ? "https" : "http" : Text(request.Scheme),
            Size = question.Body is null ? 0 : exchange.RequestBodyBytes,
            Protocol = request.Version switch
            {
                HttpVersion.Http10 => "HTTP/1.0",
                HttpVersion.Http2 => "HTTP/2",
                _ => "HTTP/1.1",
            },
        };
        if (question.Body is { } body)
        {
            if (question.PacksBytes)
            {
                http.RawBody = ByteString.CopyFrom(body);
            }
            else
            {
                http.Body = Encoding.UTF8.GetString(body);
            }

            if (body.Length > 0)
            {
                http.Headers["x-envoy-auth-partial-body"] = question.IsPart ? "true" : "false";
            }
        }

        Tell(http, ":method", request.MethodName);
        Tell(http, ":path", request.Path);
        Tell(http, ":authority", request.Authority);
        Tell(http, ":scheme", Encoding.UTF8.GetBytes(http.Scheme));
        foreach (HeaderEntry entry in request.Headers)
        {
            Tell(http, Text(entry.Name), entry.Value);
        }

        if (request.ContentLength >= 0 && request.Framing == MessageFraming.ContentLength)
        {
            Tell(http, "content-length", Encoding.ASCII.GetBytes(request.ContentLength.ToString(CultureInfo.InvariantCulture)));
        }

        http.Id = request.Headers.TryGet(KnownHeader.XRequestId, out ReadOnlySpan<byte> id) ? Text(id) : string.Empty;
        return new Request { Time = Timestamp.FromDateTime(new DateTime(exchange.StartTicksUtc, DateTimeKind.Utc)), Http = http };
    }

    private void Tell(AttributeContext.Types.HttpRequest http, string name, ReadOnlySpan<byte> value)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        if ((AllowedHeaders is not null && !Matches(AllowedHeaders, bytes)) || Matches(DisallowedHeaders, bytes))
        {
            return;
        }

        if (TellsRawHeaders)
        {
            http.HeaderMap ??= new HeaderMapProto();
            http.HeaderMap.Headers.Add(new HeaderValue { Key = name, RawValue = ByteString.CopyFrom(value) });
            return;
        }

        http.Headers[name] = http.Headers.TryGetValue(name, out string? before) ? $"{before},{Text(value)}" : Text(value);
    }

    private static AttributeContext.Types.Peer Peer(NetAddress address) => new()
    {
        Address = new Address { SocketAddress = new SocketAddress { Address = address.IsValid ? address.ToIPAddress().ToString() : string.Empty, PortValue = (uint)address.Port } },
    };

    private static string PrincipalOf(DownstreamTlsSession? session) => session?.Peer is { IsVerified: true } peer ? peer.Names.Where(static name => name.Kind == AltNameKind.Uri).Select(static name => name.Text).FirstOrDefault() ?? peer.Subject : string.Empty;

    private static CheckResponse? Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            return CheckResponse.Parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static AuthorizerVerdict VerdictOf(CheckResponse response)
    {
        MetadataValue? metadata = response.DynamicMetadata is { Fields.Count: > 0 } noted ? MetadataValue.Of(noted) : null;
        if ((response.Status?.Code ?? 0) != 0)
        {
            return Denial(response.DeniedResponse ?? new DeniedHttpResponse(), metadata);
        }

        var verdict = new AuthorizerVerdict(AuthorizerDecision.Allowed) { Metadata = metadata };
        if (response.OkResponse is not { } ok)
        {
            return verdict;
        }

        foreach (HeaderValueOption option in ok.Headers)
        {
            (option.Append == true ? verdict.AppendedValues : verdict.RequestFields).Add(FieldOf(option));
        }

        verdict.RemovedFields.AddRange(ok.HeadersToRemove.Select(static name => Encoding.UTF8.GetBytes(name)));
        verdict.ResponseFields.AddRange(ok.ResponseHeadersToAdd.Select(static option => new AnswerField(FieldOf(option).Name, FieldOf(option).Value, ActionOf(option))));
        verdict.SetParameters.AddRange(ok.QueryParametersToSet.Select(static parameter => (parameter.Key, parameter.Value)));
        verdict.RemovedParameters.AddRange(ok.QueryParametersToRemove);
        return verdict;
    }

    private static AuthorizerVerdict Denial(DeniedHttpResponse denied, MetadataValue? metadata)
    {
        var verdict = new AuthorizerVerdict(AuthorizerDecision.Denied)
        {
            Status = StatusOf(denied),
            Body = Encoding.UTF8.GetBytes(denied.Body),
            Metadata = metadata,
        };
        verdict.DenialFields.AddRange(denied.Headers.Where(static option => option.Append != true).Select(FieldOf).Where(static field => !Framing.Contains(KnownHeaders.Find(field.Name))));
        return verdict;
    }

    private static FieldAction ActionOf(HeaderValueOption option) => option.Append is { } appends
        ? appends ? FieldAction.Add : FieldAction.Set
        : option.AppendAction switch
        {
            HeaderValueOption.Types.HeaderAppendAction.AddIfAbsent => FieldAction.AddIfAbsent,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExists => FieldAction.Overwrite,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd => FieldAction.Set,
            _ => FieldAction.Add,
        };

    private static int StatusOf(DeniedHttpResponse denied)
    {
        int code = denied.Status is { } status ? (int)status.Code : 0;
        return code is >= 200 and <= 999 ? code : 403;
    }

    private static (byte[] Name, byte[] Value) FieldOf(HeaderValueOption option) => (
        Encoding.UTF8.GetBytes((option.Header?.Key ?? string.Empty).ToLowerInvariant()),
        option.Header is { RawValue.Length: > 0 } raw ? raw.RawValue.ToByteArray() : Encoding.UTF8.GetBytes(option.Header?.Value ?? string.Empty));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
