using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Proxy.AccessLogs.Filters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.LocalReplies;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles what becomes of answers of our own (Envoy: <c>LocalReplyConfig</c>).</summary>
internal static class LocalReplyCompiler
{
    /// <summary>Compiles the rules; null when there are none.</summary>
    public static LocalReplyRules? Compile(LocalReplyConfig? config, CompileScope scope)
    {
        if (config is null || (config.Mappers.Count == 0 && config.BodyFormat is null))
        {
            return null;
        }

        List<LocalReplyMapper> mappers = [];
        for (int i = 0; i < config.Mappers.Count; i++)
        {
            if (Mapper(config.Mappers[i], scope.At("mappers", i)) is { } mapper)
            {
                mappers.Add(mapper);
            }
        }

        return new LocalReplyRules(mappers, Format(config.BodyFormat, scope.At("body_format")));
    }

    private static LocalReplyMapper? Mapper(ResponseMapper mapper, CompileScope scope)
    {
        LogFilter? filter = LogFilterCompiler.Compile(mapper.Filter, out string error);
        if (filter is null)
        {
            scope.At("filter").Refuse(error.Length > 0 ? error : "is missing");
            return null;
        }

        scope.At("status_code").RefuseIf(mapper.StatusCode is < 200 or >= 600, $"{mapper.StatusCode} is not between 200 and 599");
        return new LocalReplyMapper(filter)
        {
            Status = (int?)mapper.StatusCode,
            Body = mapper.Body is null ? null : Encoding.UTF8.GetBytes(DataSources.Text(mapper.Body, scope.At("body"))),
            Format = Format(mapper.BodyFormatOverride, scope.At("body_format_override")),
            Headers = HeaderMutations.Of([HeaderMutationCompiler.Compile([], mapper.HeadersToAdd, "headers", scope)]),
        };
    }

    private static LocalReplyBody? Format(SubstitutionFormatString? format, CompileScope scope)
    {
        string error;
        switch (format?.FormatCase ?? SubstitutionFormatString.FormatOneofCase.None)
        {
            case SubstitutionFormatString.FormatOneofCase.TextFormat:
                return OfText(format!.TextFormat, format, scope.At("text_format"));
            case SubstitutionFormatString.FormatOneofCase.TextFormatSource:
                return OfText(DataSources.Text(format!.TextFormatSource, scope.At("text_format_source")), format, scope.At("text_format_source"));
            case SubstitutionFormatString.FormatOneofCase.JsonFormat:
                var options = new Formatting.JsonFormatOptions(format!.OmitEmptyValues, SortProperties: true);
                JsonFormat? json = JsonFormat.Compile(format.JsonFormat, options, out error);
                scope.RefuseIf(json is null, error);
                return json is null ? null : LocalReplyBody.OfJson(json, format.ContentType);
            default:
                return null;
        }
    }

    private static LocalReplyBody? OfText(string format, SubstitutionFormatString source, CompileScope scope)
    {
        TextFormat? text = TextFormat.Compile(format, source.OmitEmptyValues, out string error);
        scope.RefuseIf(text is null, error);
        return text is null ? null : LocalReplyBody.OfText(text, source.ContentType);
    }
}
