using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Metadata.V3;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Routing.Metadata;
using Kind = Envoy.Config.Route.V3.RateLimit.Types.Action.ActionSpecifierOneofCase;
using MetaData = Envoy.Config.Route.V3.RateLimit.Types.Action.Types.MetaData;

// The action dynamic_metadata, which Envoy calls deprecated, is what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles how routes and filters describe requests to rate limits (Envoy: <c>RateLimit</c>).</summary>
/// <param name="matchers">Compiles conditions.</param>
/// <param name="ownCluster">What the gateway itself is called (Envoy: <c>--service-cluster</c>).</param>
internal sealed class RateLimitCompiler(MatcherCompiler matchers, string ownCluster)
{
    private const uint MaxStage = 10;

    /// <summary>Compiles the descriptors of a route or a virtual host.</summary>
    /// <param name="limits">What is compiled.</param>
    /// <param name="metadata">The metadata of the route; null when it has none.</param>
    /// <param name="scope">Where they stand.</param>
    public RequestDescriptor[] Compile(RepeatedField<RateLimit> limits, Metadata? metadata, CompileScope scope) =>
        [.. limits.Select((limit, i) => Descriptor(limit, metadata, scope.At("rate_limits", i)))];

    /// <summary>Compiles the descriptors that a filter has itself: they know neither stages nor switches nor other limits.</summary>
    public RequestDescriptor[] CompileOwn(RepeatedField<RateLimit> limits, CompileScope scope)
    {
        for (int i = 0; i < limits.Count; i++)
        {
            CompileScope at = scope.At("rate_limits", i);
            at.RefuseIf(limits[i].Stage is not null, "stage is for routes and virtual hosts");
            at.RefuseIf(limits[i].DisableKey.Length > 0, "disable_key is for routes and virtual hosts");
        }

        return Compile(limits, metadata: null, scope);
    }

    private RequestDescriptor Descriptor(RateLimit limit, Metadata? metadata, CompileScope scope)
    {
        scope.RefuseIf(limit.Actions.Count == 0, "actions is empty");
        scope.RefuseIf(limit.Stage > MaxStage, $"stage {limit.Stage} is greater than {MaxStage}");
        scope.RefuseIf(limit.Limit is not null, "limit is not supported");
        scope.RefuseIf(limit.ApplyOnStreamDone, "apply_on_stream_done is not supported");
        List<RateLimitAction> actions = [];
        for (int i = 0; i < limit.Actions.Count; i++)
        {
            if (Action(limit.Actions[i], metadata, scope.At("actions", i)) is { } action)
            {
                actions.Add(action);
            }
        }

        return new RequestDescriptor(actions)
        {
            Stage = limit.Stage ?? 0,
            HasDisableKey = limit.DisableKey.Length > 0,
            Hits = limit.HitsAddend is null ? null : Hits(limit.HitsAddend, scope.At("hits_addend")),
            Telling = limit.XRatelimitOption,
        };
    }

    private static HitsAddend? Hits(RateLimit.Types.HitsAddend hits, CompileScope scope)
    {
        scope.RefuseIf((hits.Number is null) == (hits.Format.Length == 0), "either number or format is needed");
        scope.RefuseIf(hits.Number > HitsAddend.Max, $"number {hits.Number} is greater than {HitsAddend.Max}");
        if (hits.Format.Length == 0)
        {
            return new HitsAddend((uint)Math.Min(hits.Number ?? 1, HitsAddend.Max), format: null);
        }

        TextFormat? format = TextFormat.Compile(hits.Format, omitEmpty: true, out string error);
        scope.At("format").RefuseIf(format is null, error);
        scope.At("format").RefuseIf(format is { SingleOperator: null }, "has to be one command operator, as %BYTES_RECEIVED% is");
        return format is null ? null : new HitsAddend(0, format);
    }

    private static MetadataPath? PathOf(MetadataKey? key, CompileScope scope)
    {
        bool isWhole = key is { Key.Length: > 0, Path.Count: > 0 } && key.Path.All(static segment => segment.Key.Length > 0);
        scope.At("metadata_key").RefuseIf(!isWhole, "key and path are needed");
        return isWhole ? new MetadataPath(key!.Key, [.. key.Path.Select(static segment => segment.Key)]) : null;
    }

    private RateLimitAction? Action(RateLimit.Types.Action action, Metadata? metadata, CompileScope scope)
    {
        switch (action.ActionSpecifierCase)
        {
            case Kind.SourceCluster:
                return new ConstantAction(DescriptorEntries.Of("source_cluster", ownCluster));
            case Kind.DestinationCluster:
                return new DestinationClusterAction();
            case Kind.RequestHeaders:
                scope.At("request_headers").RefuseIf(action.RequestHeaders.HeaderName.Length == 0 || action.RequestHeaders.DescriptorKey.Length == 0, "header_name and descriptor_key are needed");
                return action.RequestHeaders.HeaderName.Length == 0
                    ? null
                    : new RequestHeaderAction(action.RequestHeaders.HeaderName, action.RequestHeaders.DescriptorKey, action.RequestHeaders.SkipIfAbsent);
            case Kind.RemoteAddress:
                return new RemoteAddressAction();
            case Kind.MaskedRemoteAddress:
                return new MaskedAddressAction((int)Math.Min(action.MaskedRemoteAddress.V4PrefixMaskLen ?? 32, 32), (int)Math.Min(action.MaskedRemoteAddress.V6PrefixMaskLen ?? 128, 128));
            case Kind.GenericKey:
                scope.At("generic_key").RefuseIf(action.GenericKey.DescriptorValue.Length == 0, "descriptor_value is empty");
                return new ConstantAction(Entry(action.GenericKey.DescriptorKey, "generic_key", action.GenericKey.DescriptorValue));
            case Kind.HeaderValueMatch:
                RateLimit.Types.Action.Types.HeaderValueMatch byHeader = action.HeaderValueMatch;
                CompileScope headerScope = scope.At("header_value_match");
                headerScope.RefuseIf(byHeader.Headers.Count == 0 || byHeader.DescriptorValue.Length == 0, "descriptor_value and headers are needed");
                return new HeaderMatchAction(
                    Entry(byHeader.DescriptorKey, "header_match", byHeader.DescriptorValue),
                    byHeader.ExpectMatch ?? true,
                    [.. byHeader.Headers.Select((header, i) => matchers.Header(header, headerScope.At("headers", i)))]);
            case Kind.QueryParameterValueMatch:
                RateLimit.Types.Action.Types.QueryParameterValueMatch byQuery = action.QueryParameterValueMatch;
                CompileScope queryScope = scope.At("query_parameter_value_match");
                queryScope.RefuseIf(byQuery.QueryParameters.Count == 0 || byQuery.DescriptorValue.Length == 0, "descriptor_value and query_parameters are needed");
                return new QueryMatchAction(
                    Entry(byQuery.DescriptorKey, "query_match", byQuery.DescriptorValue),
                    byQuery.ExpectMatch ?? true,
                    [.. byQuery.QueryParameters.Select((parameter, i) => MatcherCompiler.QueryParameter(parameter, queryScope.At("query_parameters", i)))]);
            case Kind.QueryParameters:
                scope.At("query_parameters").RefuseIf(
                    action.QueryParameters.QueryParameterName.Length == 0 || action.QueryParameters.DescriptorKey.Length == 0, "query_parameter_name and descriptor_key are needed");
                return new QueryParameterAction(action.QueryParameters.QueryParameterName, action.QueryParameters.DescriptorKey, action.QueryParameters.SkipIfAbsent);
            case Kind.Metadata:
                return OfMetadata(action.Metadata, metadata, scope.At("metadata"));
            case Kind.DynamicMetadata:
                var noted = new MetaData
                {
                    DescriptorKey = action.DynamicMetadata.DescriptorKey,
                    MetadataKey = action.DynamicMetadata.MetadataKey,
                    DefaultValue = action.DynamicMetadata.DefaultValue,
                };
                return OfMetadata(noted, metadata, scope.At("dynamic_metadata"));
            default:
                scope.Refuse($"the action {action.ActionSpecifierCase} is not supported");
                return null;
        }
    }

    // A route's metadata is always the same.
    private static RateLimitAction? OfMetadata(MetaData source, Metadata? metadata, CompileScope scope)
    {
        scope.RefuseIf(source.DescriptorKey.Length == 0, "descriptor_key is empty");
        if (PathOf(source.MetadataKey, scope) is not { } path)
        {
            return null;
        }

        if (source.Source == MetaData.Types.Source.Dynamic)
        {
            return new MetadataAction(path, source.DescriptorKey, source.DefaultValue, source.SkipIfAbsent);
        }

        string value = metadata is null ? string.Empty : Find(source, metadata);
        value = value.Length > 0 ? value : source.DefaultValue;
        return value.Length > 0 ? new ConstantAction(DescriptorEntries.Of(source.DescriptorKey, value))
            : source.SkipIfAbsent ? new ConstantAction(null)
            : new AbsentAction();
    }

    private static string Find(MetaData source, Metadata metadata)
    {
        if (source.MetadataKey is not { } key || !metadata.FilterMetadata.TryGetValue(key.Key, out Struct? at))
        {
            return string.Empty;
        }

        Value? found = null;
        foreach (MetadataKey.Types.PathSegment segment in key.Path)
        {
            if (at is null || !at.Fields.TryGetValue(segment.Key, out found))
            {
                return string.Empty;
            }

            at = found.StructValue;
        }

        return found is { KindCase: Value.KindOneofCase.StringValue } ? found.StringValue : string.Empty;
    }

    private static byte[] Entry(string key, string otherwise, string value) => DescriptorEntries.Of(key.Length > 0 ? key : otherwise, value);
}
