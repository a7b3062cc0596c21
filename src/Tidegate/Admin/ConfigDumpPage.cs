using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;

namespace Tidegate.Admin;

/// <summary>All configuration in force, in Envoy's shape (cli.md, 4.3).</summary>
internal static class ConfigDumpPage
{
    /// <summary>Answers <c>/config_dump</c> with <c>resource</c>, <c>mask</c>, <c>name_regex</c> and <c>include_eds</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        Regex? names = null;
        if (query.TryGetValue("name_regex", out var pattern) && pattern.ToString().Length > 0)
        {
            try
            {
                names = new Regex($"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                return AdminAnswer.Text(StatusCodes.Status400BadRequest, $"Error while parsing name_regex from {pattern}: {exception.Message}\n");
            }
        }

        List<IMessage> sections = ConfigDumpSections.Make(context.Proxy, query.ContainsKey("include_eds"), name => names?.IsMatch(name) ?? true);
        string mask = query["mask"].ToString();
        string resource = query["resource"].ToString();
        return resource.Length > 0 ? OneField(sections, resource, mask) : Whole(sections, mask);
    }

    private static AdminAnswer Whole(List<IMessage> sections, string mask)
    {
        var dump = new Dump();
        foreach (IMessage section in sections)
        {
            if (mask.Length == 0)
            {
                dump.Add(section);
                continue;
            }

            // A mask is one section's: one that does not know every path of it is left out.
            if (TryTrim(section, mask) is { } trimmed)
            {
                dump.Add(trimmed);
            }
        }

        return dump.IsEmpty && mask.Length > 0
            ? AdminAnswer.Text(StatusCodes.Status400BadRequest, $"FieldMask {new FieldMask { Paths = { mask.Split(',') } }} could not be successfully applied to any configs.")
            : dump.ToAnswer();
    }

    private static AdminAnswer OneField(List<IMessage> sections, string resource, string mask)
    {
        foreach (IMessage section in sections)
        {
            FieldDescriptor? field = section.Descriptor.FindFieldByName(resource);
            if (field is null)
            {
                continue;
            }

            if (!field.IsRepeated)
            {
                return AdminAnswer.Text(StatusCodes.Status400BadRequest, $"{resource} is not a repeated field. Use ?mask={resource} to get only this field");
            }

            var dump = new Dump();
            foreach (IMessage entry in ((System.Collections.IEnumerable)field.Accessor.GetValue(section)).Cast<IMessage>())
            {
                dump.Add(mask.Length == 0 ? entry : TryTrim(entry, mask) ?? entry);
            }

            return dump.ToAnswer();
        }

        return AdminAnswer.Text(StatusCodes.Status404NotFound, $"{resource} not found in config dump");
    }

    private static IMessage? TryTrim(IMessage message, string mask)
    {
        var paths = new FieldMask { Paths = { mask.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) } };
        if (paths.Paths.Any(path => message.Descriptor.FindFieldByName(path.Split('.')[0]) is null))
        {
            return null;
        }

        IMessage trimmed = message.Descriptor.Parser.ParseFrom(ByteString.Empty);
        paths.Merge(message, trimmed);
        return trimmed;
    }

    // The answer: {"configs": [...]}, each with its type.
    private sealed class Dump
    {
        private readonly Envoy.Admin.V3.ConfigDump _dump = new();

        public bool IsEmpty => _dump.Configs.Count == 0;

        public void Add(IMessage message) => _dump.Configs.Add(Any.Pack(message));

        public AdminAnswer ToAnswer() => AdminAnswer.Json(ProtoJson.Format(_dump, ProtoJsonForm.ProtoNames, 1) + "\n");
    }
}
