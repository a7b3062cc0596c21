using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>An authorizer that gets the request without its body, or with it, and answers with a status (Envoy: <c>http_service</c>; security-envoy.md 7).</summary>
internal sealed class HttpAuthorizer : Authorizer
{
    /// <summary>What the path is put behind.</summary>
    public byte[] PathPrefix { get; init; } = [];

    /// <summary>Fields that the question gets.</summary>
    public HeaderMutations HeadersToAdd { get; init; } = HeaderMutations.None;

    /// <summary>Fields of its consent that the request gets.</summary>
    public ValueMatcher[] UpstreamHeaders { get; init; } = [];

    /// <summary>The same, added to the request's.</summary>
    public ValueMatcher[] UpstreamHeadersToAppend { get; init; } = [];

    /// <summary>Fields of its denial that the client gets; null for all.</summary>
    public ValueMatcher[]? ClientHeaders { get; init; }

    /// <summary>Fields of its consent that the client gets.</summary>
    public ValueMatcher[] ClientHeadersOnSuccess { get; init; } = [];

    /// <summary>Fields of its consent that are noted of the request.</summary>
    public ValueMatcher[] NotedHeaders { get; init; } = [];

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<AuthorizerVerdict> AskAsync(FilterRun run, AuthorizerQuestion question)
    {
        if (run.Services.ClientOf(Cluster) is not { } client)
        {
            return AuthorizerVerdict.Failed;
        }

        long begunMs = run.Worker.Loop.NowMs;
        RequestHead head = Head(run, question);
        ClusterAnswer? answer = await client.SendAsync(head, question.Body ?? [], TimeoutMs, run.Worker.Options.MaxAuthorizationAnswerBytes, run.Cancellation);

        // As with Envoy it is a field of the answer, which goes where those go.
        answer?.Head.Headers.Set("x-envoy-upstream-service-time"u8, Encoding.ASCII.GetBytes((run.Worker.Loop.NowMs - begunMs).ToString(CultureInfo.InvariantCulture)));
        return answer is null || answer.Head.Status is >= 500 or < 200 ? AuthorizerVerdict.Failed
            : answer.Head.Status == 200 ? Consent(answer)
            : Denial(answer);
    }

    private RequestHead Head(FilterRun run, AuthorizerQuestion question)
    {
        RequestHead request = run.Exchange.Request;
        var head = new RequestHead();
        head.SetMethod(request.MethodName);
        head.SetPath((byte[])[.. PathPrefix, .. request.Path]);
        head.SetAuthority(request.Authority);
        head.Framing = MessageFraming.ContentLength; // told also where there is none
        head.ContentLength = question.Body?.Length ?? 0;
        head.HopCount = request.HopCount;
        foreach (HeaderEntry entry in request.Headers)
        {
            bool isTold = entry.Known == KnownHeader.Authorization || (AllowedHeaders is not null && Matches(AllowedHeaders, entry.Name));
            if (Framing.Contains(entry.Known) || !isTold || Matches(DisallowedHeaders, entry.Name))
            {
                continue;
            }

            // Several of a name are one.
            head.Headers.Set(entry.Name, head.Headers.TryGet(entry.Name, out ReadOnlySpan<byte> before) ? (byte[])[.. before, (byte)',', .. entry.Value] : entry.Value);
        }

        HeadersToAdd.Apply(head.Headers, run.Exchange);
        if (question.Body is { Length: > 0 })
        {
            head.Headers.Set("x-envoy-auth-partial-body"u8, question.IsPart ? "true"u8 : "false"u8);
        }

        head.Headers.Set("x-envoy-internal"u8, "true"u8);
        head.Headers.Set("x-envoy-expected-rq-timeout-ms"u8, Encoding.ASCII.GetBytes(TimeoutMs.ToString(CultureInfo.InvariantCulture)));
        return head;
    }

    private AuthorizerVerdict Consent(ClusterAnswer answer)
    {
        Dictionary<string, MetadataValue> noted = [];
        var verdict = new AuthorizerVerdict(AuthorizerDecision.Allowed) { Metadata = NotedHeaders.Length == 0 ? null : MetadataValue.Of(noted) };
        foreach (HeaderEntry entry in answer.Head.Headers)
        {
            if (Framing.Contains(entry.Known))
            {
                continue;
            }

            (byte[] Name, byte[] Value) field = (entry.Name.ToArray(), entry.Value.ToArray());
            if (Matches(UpstreamHeaders, entry.Name))
            {
                verdict.RequestFields.Add(field);
            }

            if (Matches(UpstreamHeadersToAppend, entry.Name))
            {
                verdict.AppendedValues.Add(field);
            }

            if (Matches(ClientHeadersOnSuccess, entry.Name))
            {
                verdict.ResponseFields.Add(new AnswerField(field.Name, field.Value, FieldAction.Add));
            }

            if (Matches(NotedHeaders, entry.Name))
            {
                noted[Encoding.ASCII.GetString(entry.Name)] = MetadataValue.Of(field.Value);
            }
        }

        return verdict;
    }

    private AuthorizerVerdict Denial(ClusterAnswer answer)
    {
        var verdict = new AuthorizerVerdict(AuthorizerDecision.Denied) { Status = answer.Head.Status, Body = answer.Body.ToArray() };
        foreach (HeaderEntry entry in answer.Head.Headers)
        {
            bool isGiven = ClientHeaders is null || entry.Known is KnownHeader.Location or KnownHeader.WwwAuthenticate || Matches(ClientHeaders, entry.Name);
            if (isGiven && !Framing.Contains(entry.Known))
            {
                verdict.DenialFields.Add((entry.Name.ToArray(), entry.Value.ToArray()));
            }
        }

        return verdict;
    }
}
