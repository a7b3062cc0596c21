using System.Text.RegularExpressions;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Kinds;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources;

/// <summary>What one manifest file holds.</summary>
/// <param name="Resources">The objects that could be read and are valid, those with them that only analysis looks at.</param>
/// <param name="Refused">The objects that are there and cannot be taken: their last good version stays in force.</param>
/// <param name="Diagnostics">What was found.</param>
/// <param name="HasUnreadableDocument">
/// Whether a part of the file could not be understood at all, so that an object which is not here may only be hidden.
/// </param>
internal sealed record Manifest(
    IReadOnlyList<Resource> Resources,
    IReadOnlyList<ResourceKey> Refused,
    IReadOnlyList<Diagnostic> Diagnostics,
    bool HasUnreadableDocument)
{
    /// <summary>What of the refused objects could be read, for analysis alone.</summary>
    public IReadOnlyList<Resource> Broken { get; init; } = [];

    /// <summary>What nothing could be made of.</summary>
    public static Manifest Unreadable(string file, string reason) =>
        new([], [], [new Diagnostic(Severity.Error, "unreadable-file", null, string.Empty, file, 0, reason)], HasUnreadableDocument: true);
}

/// <summary>Reads manifest files: YAML or JSON, several documents, lists of objects.</summary>
internal sealed partial class ManifestReader(string defaultNamespace, ManifestLimits? limits = null)
{
    private readonly ManifestLimits _limits = limits ?? ManifestLimits.Default;

    /// <summary>Reads the text of a file. <paramref name="file"/> is what messages call it.</summary>
    public Manifest Read(string file, string text)
    {
        var reading = new Reading(file, defaultNamespace, _limits);
        foreach (YamlDocument document in YamlReader.Read(text, _limits.MaxValues))
        {
            if (document.Error is not null)
            {
                reading.Unreadable(document.ErrorLine, document.Error);
            }
            else if (document.Root is YamlMapping root)
            {
                reading.ReadDocument(root, document.Remarks);
            }
            else
            {
                reading.Unreadable(document.Root!.Line, $"found {document.Root.DescribeType()}, expected an object with apiVersion and kind");
            }

            if (reading.IsHopeless)
            {
                break;
            }
        }

        return reading.ToManifest();
    }

    /// <summary>Reads one object. <paramref name="place"/> is what messages say instead of a file.</summary>
    public Manifest Read(string place, YamlMapping root)
    {
        var reading = new Reading(place, defaultNamespace, _limits);
        reading.ReadObject(root);
        return reading.ToManifest();
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KindSyntax();

    [GeneratedRegex(@"^[a-zA-Z0-9.-]{1,100}(?:/[a-zA-Z0-9]{1,30})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ApiVersionSyntax();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameSyntax();

    private sealed class Reading(string file, string defaultNamespace, ManifestLimits limits)
    {
        private readonly List<Resource> _resources = [];
        private readonly List<ResourceKey> _refused = [];
        private readonly List<Resource> _broken = [];
        private readonly List<Diagnostic> _diagnostics = [];
        private readonly Dictionary<string, (Diagnostic First, int Count)> _notNeeded = [];
        private int _unreadable;
        private bool _hasUnreadable;

        /// <summary>Whether the file is something else than manifests.</summary>
        public bool IsHopeless => _unreadable > limits.MaxUnreadableDocuments;

        public Manifest ToManifest()
        {
            foreach ((Diagnostic first, int count) in _notNeeded.Values.Take(limits.MaxRepeatedMessages))
            {
                _diagnostics.Add(count == 1 ? first : first with { Message = $"{first.Message} ({count} in this file)" });
            }

            if (_notNeeded.Count > limits.MaxRepeatedMessages)
            {
                int left = _notNeeded.Count - limits.MaxRepeatedMessages;
                (Diagnostic next, _) = _notNeeded.Values.ElementAt(limits.MaxRepeatedMessages);
                _diagnostics.Add(next with { Message = $"is the first of {left} further kinds in this file that the gateway does not need; they are accepted and have no effect" });
            }

            return new Manifest(_resources, _refused, _diagnostics, _hasUnreadable) { Broken = _broken };
        }

        public void Unreadable(int line, string message)
        {
            _hasUnreadable = true;
            _unreadable++;
            string? said = _unreadable <= limits.MaxRepeatedMessages ? message
                : IsHopeless ? $"more than {limits.MaxUnreadableDocuments} documents cannot be read; the rest of the file is not looked at"
                : null;
            if (said is not null)
            {
                _diagnostics.Add(new Diagnostic(Severity.Error, "unreadable", null, string.Empty, file, line, said));
            }
        }

        public void ReadDocument(YamlMapping root, IReadOnlyList<YamlRemark> remarks)
        {
            ReadObject(root);
            foreach (YamlRemark remark in remarks)
            {
                _diagnostics.Add(new Diagnostic(Severity.Warning, "yaml", null, string.Empty, file, remark.Line, remark.Message));
            }
        }

        public void ReadObject(YamlMapping root)
        {
            string kind = TextOf(root["kind"]);
            string apiVersion = TextOf(root["apiVersion"]);
            if (kind.Length == 0 && apiVersion.Length == 0 && root["mesh"] is not null)
            {
                ReadMesh(root);
                return;
            }

            if (kind.Length == 0 || apiVersion.Length == 0)
            {
                Unreadable(root.Line, kind.Length == 0 ? "has no kind; expected apiVersion and kind" : $"{kind}: has no apiVersion; expected apiVersion and kind");
                return;
            }

            // A text that has lost its indentation can end here, and it may be a key: what is no name is not said.
            if (!KindSyntax().IsMatch(kind) || !ApiVersionSyntax().IsMatch(apiVersion))
            {
                Unreadable(root.Line, KindSyntax().IsMatch(kind) ? $"{kind}: has an apiVersion that is none" : "has a kind that is no name");
                return;
            }

            if (kind.EndsWith("List", StringComparison.Ordinal) && root["items"] is YamlSequence items)
            {
                ReadList(items);
                return;
            }

            if (KnownKinds.Find(kind, apiVersion) is { } known)
            {
                ReadKnown(known, apiVersion, root);
            }
            else
            {
                ReadOther(kind, apiVersion, root);
                ReadForeign(kind, apiVersion, root);
            }
        }

        // An object that the gateway does not read: each is said, but for those that it does not need, which are said by kind.
        private void ReadOther(string kind, string apiVersion, YamlMapping root)
        {
            KindNote note = OtherKinds.NoteOn(kind, apiVersion, root);
            var metadata = root["metadata"] as YamlMapping;
            string name = TextOf(metadata?["name"]);
            string nameSpace = TextOf(metadata?["namespace"]);
            var key = new ResourceKey(ApiKind.Of(apiVersion, kind), NameSyntax().IsMatch(nameSpace) ? nameSpace : string.Empty, NameSyntax().IsMatch(name) ? name : "(no name)");
            var diagnostic = new Diagnostic(note.Severity, note.Code, key, string.Empty, file, root.Line, note.Message);
            if (note.Code != KindNote.NotNeeded)
            {
                _diagnostics.Add(diagnostic);
            }
            else
            {
                string group = $"{kind} {apiVersion}";
                _notNeeded[group] = _notNeeded.TryGetValue(group, out (Diagnostic First, int Count) found) ? (found.First, found.Count + 1) : (diagnostic, 1);
            }
        }

        private static string TextOf(YamlNode? node) => node is YamlScalar { Type: YamlScalarType.Text } scalar ? scalar.Value : string.Empty;

        private void ReadList(YamlSequence items)
        {
            foreach (YamlNode item in items.Items)
            {
                if (item is YamlMapping mapping)
                {
                    ReadObject(mapping);
                }
                else
                {
                    Unreadable(item.Line, $"items: found {item.DescribeType()}, expected an object");
                }
            }
        }

        private void ReadKnown(KnownKind known, string apiVersion, YamlMapping root)
        {
            // 1. Which object it is: without a name there is none.
            var metadataNode = root["metadata"] as YamlMapping;
            string name = TextOf(metadataNode?["name"]);
            string nameSpace = !known.IsNamespaced ? string.Empty : TextOf(metadataNode?["namespace"]) is { Length: > 0 } given ? given : defaultNamespace;
            var key = new ResourceKey(known.ApiKind, nameSpace, name);
            var context = new ReadingContext(file, key, known.IsProtobuf, _diagnostics) { Guards = known.Guards, MaxFindings = limits.MaxFindings };
            if (known.Kind == nameof(Secret) && name.Length > 0 && !(NameSyntax().IsMatch(name) && (nameSpace.Length == 0 || NameSyntax().IsMatch(nameSpace))))
            {
                Unreadable(metadataNode!.Line, "Secret: has a name or a namespace that is none");
                return;
            }

            if (name.Length == 0)
            {
                context.Error("metadata.name", metadataNode?.Line ?? root.Line, metadataNode?["name"] is null or YamlScalar { IsNull: true }
                    ? "is missing; every object needs a name"
                    : $"found {context.Describe(metadataNode["name"]!)}, expected a text; write it in quotes");
                _hasUnreadable = true;
                return;
            }

            // 2. Its fields.
            if (!known.ApiVersions.Contains(apiVersion))
            {
                context.Error("apiVersion", root["apiVersion"]!.Line, $"found {apiVersion}, expected one of {string.Join(", ", known.ApiVersions)}");
            }

            var origin = new YamlOrigin(file, root);
            var reader = new ObjectReader(context, root, string.Empty);
            reader.Ignore("apiVersion", "kind");
            ResourceMetadata metadata = reader.Object("metadata", inner => ReadMetadata(inner, name, nameSpace)) ?? new ResourceMetadata { Name = name, Namespace = nameSpace };
            Resource resource = known.Read(metadata, origin, reader);
            reader.Finish();

            // 3. What it says.
            Take(resource, context);
        }

        // Nothing in it is judged: it is not for the gateway to run on.
        private void ReadForeign(string kind, string apiVersion, YamlMapping root)
        {
            var foreignKind = ApiKind.Of(apiVersion, kind);
            if (ForeignKinds.IsNamespaced(foreignKind) is not { } isNamespaced || TextOf(YamlPath.Find(root, "metadata", "name")) is not { Length: > 0 } name)
            {
                return;
            }

            YamlNode? metadata = root["metadata"];
            string nameSpace = !isNamespaced ? string.Empty : TextOf(YamlPath.Find(metadata, "namespace")) is { Length: > 0 } given ? given : defaultNamespace;
            var origin = new YamlOrigin(file, root);
            var described = new ResourceMetadata
            {
                Name = name,
                Namespace = nameSpace,
                Labels = YamlPath.Find(metadata, "labels").Map(),
                Annotations = YamlPath.Find(metadata, "annotations").Map(),
            };
            _resources.Add(new ForeignObject(described, origin, foreignKind, () => origin.Root));
        }

        // A document that is the mesh's configuration alone.
        private void ReadMesh(YamlMapping root)
        {
            var key = new ResourceKey(ConfigMap.KindOfType, MeshConfigReading.MeshNamespace, ConfigMap.MeshName);
            var context = new ReadingContext(file, key, isProtobuf: true, _diagnostics) { MaxFindings = limits.MaxFindings };
            var reader = new ObjectReader(context, root, string.Empty);
            Resource resource = MeshConfigReading.ReadDocument(new YamlOrigin(file, root), reader);
            reader.Finish();
            Take(resource, context);
        }

        private void Take(Resource resource, ReadingContext context)
        {
            bool isValid = !context.HasErrors;
            List<string> wrongFields = [.. context.WrongFields];
            foreach (Diagnostic diagnostic in ResourceValidation.Validate(resource, limits.MaxFindings).Where(diagnostic => !context.IsWrong(diagnostic.Field)))
            {
                _diagnostics.Add(diagnostic);
                if (diagnostic.Severity == Severity.Error)
                {
                    isValid = false;
                    wrongFields.Add(diagnostic.Field);
                }
            }

            if (isValid)
            {
                _resources.Add(resource);
            }
            else
            {
                _refused.Add(resource.Key);
                _broken.Add(resource is IGuard guard ? guard.AsRefused(wrongFields) : resource);
            }
        }

        private static ResourceMetadata ReadMetadata(ObjectReader metadata, string name, string nameSpace)
        {
            _ = metadata.Text("namespace"); // a number would be taken for none
            metadata.Ignore(
                "name", "uid", "selfLink", "managedFields", "ownerReferences", "finalizers", "generateName",
                "deletionTimestamp", "deletionGracePeriodSeconds", "clusterName");
            return new ResourceMetadata
            {
                Name = name,
                Namespace = nameSpace,
                Labels = metadata.Map("labels"),
                Annotations = metadata.Map("annotations"),
                CreationTimestamp = metadata.Time("creationTimestamp"),
                ResourceVersion = metadata.Text("resourceVersion"),
                Generation = metadata.Number("generation", 0, long.MaxValue),
            };
        }
    }
}
