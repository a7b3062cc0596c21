using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Tidegate.Http;
using Tidegate.Http.Paths;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>Asks an authorizer whether a request may go on (Envoy: <c>envoy.filters.http.ext_authz</c>; security-envoy.md 7).</summary>
internal sealed class ExtAuthzFilter : HttpFilter
{
    private const string MetadataName = "envoy.filters.http.ext_authz";

    private static readonly Dictionary<string, string> NoContext = [];

    private StatScope<ExtAuthzStats>? _stats;

    /// <summary>Who is asked.</summary>
    public required Authorizer Authorizer { get; init; }

    /// <summary>Which requests it is asked about, by what filters have noted; null for all.</summary>
    public MetadataMatcher? EnabledBy { get; init; }

    /// <summary>How many bytes of a body it is told; null for none.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>Whether requests go on that nobody could be asked about.</summary>
    public bool AllowsFailure { get; init; }

    /// <summary>Whether such requests say so.</summary>
    public bool TellsFailure { get; init; }

    /// <summary>What others get.</summary>
    public LocalReply ErrorReply { get; init; } = new(403, [], ResponseFlags.UnauthorizedExternalService, "ext_authz_error");

    /// <summary>Whether the route is chosen anew when the authorizer has changed the request.</summary>
    public bool ChoosesRouteAgain { get; init; }

    /// <summary>What the statistics' names have behind <c>ext_authz.</c></summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>What the route says to the authorizer.</summary>
    public IReadOnlyDictionary<string, string> Context { get; init; } = NoContext;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings is not ExtAuthzRouteSettings route
        ? base.ForRoute(config)
        : new ExtAuthzFilter
        {
            Authorizer = Authorizer,
            EnabledBy = EnabledBy,
            MaxBodyBytes = route.SkipsBody ? null : route.MaxBodyBytes ?? MaxBodyBytes,
            AllowsFailure = AllowsFailure,
            TellsFailure = TellsFailure,
            ErrorReply = ErrorReply,
            ChoosesRouteAgain = ChoosesRouteAgain,
            StatPrefix = StatPrefix,
            Context = route.Context,
        };

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        _stats ??= run.Worker.Stats.AddExtAuthz(run.StatScope, StatPrefix);
        if (EnabledBy is null || EnabledBy.Matches(run.Exchange.DynamicMetadata))
        {
            return AskAsync(run);
        }

        _stats.ForWorker(run.Worker.Index).Disabled++;
        return default;
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        foreach ((byte[] name, byte[] value) in run.StateOf<ResponseFields>().Fields)
        {
            run.Exchange.Response.Headers.Add(name, value);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> AskAsync(FilterRun run)
    {
        // 1. The body, where it is told.
        byte[]? body = null;
        if (MaxBodyBytes is { } most && run.Exchange.Request.Framing != MessageFraming.None)
        {
            LocalReply? reply = await new BufferFilter(most).OnRequestAsync(run);
            if (reply is not null)
            {
                return reply;
            }

            var read = new ArrayBufferWriter<byte>();
            run.CopyBufferedRequest(read);
            body = read.WrittenSpan.ToArray();
        }

        // 2. The question.
        AuthorizerVerdict verdict = await Authorizer.AskAsync(run, new AuthorizerQuestion(body, Context));
        ExtAuthzStats stats = _stats!.ForWorker(run.Worker.Index);
        if (verdict.Metadata is { Kind: MetadataKind.Struct } noted)
        {
            foreach ((string name, MetadataValue value) in noted.Members)
            {
                run.Exchange.DynamicMetadata.Set(MetadataName, name, value);
            }
        }

        // 3. The answer.
        switch (verdict.Decision)
        {
            case AuthorizerDecision.Allowed:
                stats.Ok++;
                Apply(run, verdict);
                return null;
            case AuthorizerDecision.Denied:
                stats.Denied++;
                return new LocalReply(verdict.Status, verdict.Body, ResponseFlags.UnauthorizedExternalService, "ext_authz_denied") { Fields = verdict.DenialFields };
            default:
                stats.Error++;
                if (!AllowsFailure)
                {
                    return ErrorReply;
                }

                stats.FailureModeAllowed++;
                if (TellsFailure)
                {
                    run.Exchange.Request.Headers.Set("x-envoy-auth-failure-mode-allowed"u8, "true"u8);
                }

                return null;
        }
    }

    private void Apply(FilterRun run, AuthorizerVerdict verdict)
    {
        RequestHead request = run.Exchange.Request;
        foreach ((byte[] name, byte[] value) in verdict.RequestFields)
        {
            SetField(request, name, value);
        }

        foreach ((byte[] name, byte[] value) in verdict.AppendedValues)
        {
            if (request.Headers.TryGet(name, out ReadOnlySpan<byte> before))
            {
                request.Headers.Set(name, (byte[])[.. before, (byte)',', .. value]);
            }
        }

        foreach (byte[] name in verdict.RemovedFields)
        {
            if (name is not [] and not [(byte)':', ..])
            {
                request.Headers.Remove(name);
            }
        }

        if (verdict.SetParameters.Count + verdict.RemovedParameters.Count > 0)
        {
            ChangeQuery(request, verdict);
        }

        run.StateOf<ResponseFields>().Fields.AddRange(verdict.ResponseFields);
        if (ChoosesRouteAgain && verdict.RequestFields.Count + verdict.AppendedValues.Count + verdict.RemovedFields.Count + verdict.SetParameters.Count + verdict.RemovedParameters.Count > 0)
        {
            run.ChooseRouteAgain();
        }
    }

    // A value that is none changes nothing; neither does what says how the message is framed.
    private static void SetField(RequestHead request, byte[] name, byte[] value)
    {
        ReadOnlySpan<byte> of = name;
        if (of.SequenceEqual(":path"u8))
        {
            if (value is [(byte)'/', ..])
            {
                request.SetPath(value);
            }
        }
        else if (of.SequenceEqual(":method"u8))
        {
            request.SetMethod(value);
        }
        else if (of.SequenceEqual(":authority"u8) || of.SequenceEqual("host"u8))
        {
            request.SetAuthority(value);
        }
        else if (!of.StartsWith(":"u8) && !of.SequenceEqual("content-length"u8) && !of.SequenceEqual("transfer-encoding"u8) && !of.SequenceEqual("connection"u8))
        {
            request.Headers.Set(name, value);
        }
    }

    private static void ChangeQuery(RequestHead request, AuthorizerVerdict verdict)
    {
        string text = Encoding.Latin1.GetString(request.Path);
        int start = text.IndexOf('?', StringComparison.Ordinal);
        string path = start < 0 ? text : text[..start];
        List<string> parameters = start < 0 || start == text.Length - 1 ? [] : [.. text[(start + 1)..].Split('&')];
        foreach (string name in verdict.SetParameters.Select(static parameter => parameter.Name).Concat(verdict.RemovedParameters))
        {
            byte[] wanted = Encoding.UTF8.GetBytes(name);
            parameters.RemoveAll(parameter => PercentEncoding.DecodedEquals(Encoding.Latin1.GetBytes(parameter.Split('=')[0]), wanted));
        }

        parameters.AddRange(verdict.SetParameters.Select(static parameter => $"{Uri.EscapeDataString(parameter.Name)}={Uri.EscapeDataString(parameter.Value)}"));
        request.SetPath(Encoding.Latin1.GetBytes(parameters.Count == 0 ? path : $"{path}?{string.Join('&', parameters)}"));
    }

    private sealed class ResponseFields : IFilterState
    {
        public List<(byte[] Name, byte[] Value)> Fields { get; } = [];

        public void Reset() => Fields.Clear();
    }
}

/// <summary>What a route says to it.</summary>
/// <param name="Context">What it says to the authorizer.</param>
/// <param name="SkipsBody">Whether the body is not told.</param>
/// <param name="MaxBodyBytes">How many bytes of a body are told; null for what the listener says.</param>
internal sealed record ExtAuthzRouteSettings(IReadOnlyDictionary<string, string> Context, bool SkipsBody, long? MaxBodyBytes);
