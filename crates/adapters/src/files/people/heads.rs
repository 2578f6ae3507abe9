//! What the head of a column means: the words for each field in the languages of the vendors' customers.

use crate::domain::field::Field;
use crate::domain::text;

/// What a column of a people file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// The list's own id of the person.
    Id,
    Field(Field),
    /// First and last name in one cell.
    FullName,
    /// The same with the last name first, where no comma tells: said by the operator alone.
    LastFirst,
    /// A word that stands before the last name (`van der`).
    NamePrefix,
    /// From when on the row holds, in lists that keep history.
    ValidFrom,
    Flag(Flag),
    /// Nobody's business here: its values are not looked at.
    Private,
}

/// What a yes in a column of yes and no says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    Active,
    Over,
    /// Neither: suspended, locked.
    Unclear,
}

impl Meaning {
    /// The name by which `--columns` asks for it.
    pub fn key(self) -> &'static str {
        match self {
            Meaning::Id => "id",
            Meaning::Field(field) => field.key(),
            Meaning::FullName => "name",
            Meaning::LastFirst => "name_last_first",
            Meaning::NamePrefix => "name_prefix",
            Meaning::ValidFrom => "valid_from",
            Meaning::Flag(Flag::Active) => "active",
            Meaning::Flag(Flag::Over) => "inactive",
            Meaning::Flag(Flag::Unclear) => "suspended",
            Meaning::Private => "private",
        }
    }

    /// What a person reads.
    pub fn words(self) -> &'static str {
        match self {
            Meaning::Field(field) => field.words(),
            Meaning::FullName => "whole name",
            Meaning::LastFirst => "whole name, last name first",
            Meaning::NamePrefix => "prefix of the last name",
            Meaning::ValidFrom => "valid from",
            other => other.key(),
        }
    }

    /// What `--columns` asks for by this name.
    pub fn from_key(key: &str) -> Option<Meaning> {
        let wanted = key.trim();
        WORDS
            .iter()
            .map(|(meaning, _)| *meaning)
            .find(|meaning| meaning.key() == wanted && *meaning != Meaning::Private)
    }

    /// Every name that `--columns` knows, in the order of the fields.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|(meaning, _)| meaning.key()).filter(|key| *key != "private")
    }

    /// Whether its values are days.
    pub fn is_date(self) -> bool {
        matches!(self, Meaning::ValidFrom | Meaning::Field(Field::DateOfBirth | Field::StartDate | Field::EndDate))
    }
}

/// How sure a head is of its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The operator says so.
    Said,
    /// The head is a word for it.
    Sure,
    /// A word for it stands among others in the head.
    Likely,
}

/// A meaning, and how good a head for it this is: lower goes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    pub meaning: Meaning,
    pub rank: usize,
    pub certainty: Certainty,
}

/// From this rank on a head is only likely.
const LIKELY: usize = 1_000;

/// Words, one blank apart, folded: Latin letters and digits in lower case. Earlier ones go before later ones where a file has
/// two.
const WORDS: [(Meaning, &str); 26] = [
    (
        Meaning::Id,
        "id emplid codempleado codigoemp nempl idempl employeeid employeenumber employeeno employeenr employeecode employeeidentifier userid personid staffid \
         staffnumber staffno staffcode workerid workernumber associateid associatenumber personnelnumber personnelno \
         personnelid personnumber idnumber badgeid badgenumber empid empno empnumber empcode payrollid payrollnumber payrollno \
         payrollcode payrollref payrollreference salaryidentifier salaryid clocknumber clockid learnerid memberid recordid \
         recid uniqueid uid employeeref employeereference badge personnelref empnbr empnum persno ident \
         personalnummer personalnr persnr personalid personalkennziffer mitarbeiternummer mitarbeiternr mitarbeiterid \
         stammnummer benutzerid nutzerid \
         matricule numeromatricule nummatricule nmatricule matriculesalarie numerosalarie numerodesalarie idsalarie \
         numeroemploye numerodemploye idemploye codesalarie idcollaborateur idutilisateur \
         numerodeempleado numeroempleado nempleado numempleado idempleado iddeempleado codigoempleado codigodeempleado legajo codigo numerotrabajador numerodetrabajador codtrabajador \
         idusuario numerodepersonal \
         matricola numeromatricola numerodimatricola iddipendente codicedipendente numerodipendente idutente coddip coddipendente nmatricola nmatr matr \
         personeelsnummer personeelsnr personeelsid medewerkernummer medewerkersnummer medewerkernr medewerkerid \
         werknemersnummer werknemernummer werknemerid gebruikersid mdwnr medewnr medewerkernum \
         numerodofuncionario numerofuncionario numerodefuncionario idfuncionario iddofuncionario codigofuncionario \
         idcolaborador numerocolaborador numerodocolaborador matricula registro nmec numeromec numeromecanografico nmecanografico numerofunc nfunc \
         idpracownika numerpracownika nrpracownika numerewidencyjny nrewidencyjny numerkadrowy nrkadrowy \
         identyfikatorpracownika iduzytkownika numerosobowy nrosobowy nrewid numerewid nrprac nrpracownik \
         medarbejdernummer medarbejdernr medarbejderid lonnummer loennummer lonnr loennr medarbejderlonnummer \
         medarbejderloennummer ansatnummer ansatnr ansatid brugerid manr manummer \
         ansattnummer ansattnr ansattid lonnsnummer lonnsnr \
         anstallningsnummer anstallningsnr anstnr anstallningsid medarbetarid medarbetarnummer anvandarid \
         henkilonumero tyontekijanumero tyontekijaid kayttajatunnus osobnicislo osobnecislo evidencnicislo idzamestnance cislozamestnance zamestnaneckecislo torzsszam dolgozoiazonosito dolgozoid marcaangajat codangajat sicilno personelno sicilnumarasi personelnumarasi calisanno",
    ),
    (
        Meaning::Field(Field::Identifier),
        "identifier externalidentifier externalid extid externalref externalreference externaluserid externalemployeeid hrid \
         hridentifier uniqueidentifier sourceid importid externekennung externeid idexterne identifiantexterne \
         identificadorexterno idexterno idesterno externid eksterntid eksternid ulkoinentunnus identyfikatorzewnetrzny",
    ),
    (
        Meaning::Field(Field::FirstName),
        "firstname given forename givenname firstnames forenames givennames first christianname legalfirstname fname forename1 \
         vorname vornamen prenom prenoms nombredepila primernombre nombres primeironome nomeproprio primonome voornaam \
         voornamen fornavn fornamn imie imiona pierwszeimie etunimi etunimet fornavne frstnm fnavn jmeno krestnijmeno meno krstnemeno keresztnev utonev prenume adi isim",
    ),
    (
        Meaning::Field(Field::LastName),
        "lastname surname family familyname last legallastname lastnames secondname lname surnames \
         nachname familienname zuname nomdefamille nomusage nomdusage nomusuel nomdenaissance \
         apellidos apellido primerapellido apellido1 cognome achternaam familienaam geslachtsnaam sobrenome ultimonome \
         nomedefamilia apelido apelidos efternavn etternavn slektsnavn efternamn nazwisko sukunimi lstnm prijmeni priezvisko vezeteknev csaladnev numedefamilie soyadi soyad soyisim",
    ),
    (
        Meaning::FullName,
        "fullname name names displayname employeename completename staffname personname workername employee person \
         nom nomcomplet nometprenom prenometnom nomprenom prenomnom nombrecompleto nombreyapellidos nombreapellidos \
         apellidosynombre apellidosnombre nombre nome nomecompleto nomeecognome cognomeenome cognomenome nomecognome \
         nominativo naam volledigenaam navn fuldenavn fuldtnavn fulltnavn namn fullstandigtnamn nimi kokonimi imieinazwisko \
         nazwiskoiimie vorundnachname vornamenachname nachnamevorname vollstandigername salarie collaborateur empleado \
         dipendente medewerker medarbejder medarbetare pracownik funcionario colaborador mitarbeiter surnameforename \
         lastnamefirstname surnamefirstname familynamegivenname lastfirst lastnamefirst firstnamelastname firstandlastname \
         forenamesurname firstnamesurname namesurname namevorname vornamename jmenoaprijmeni prijmeniajmeno menoapriezvisko teljesnev numecomplet numesiprenume adsoyad adisoyadi",
    ),
    // No head says it: that of `Nachname, Vorname` is a word for a whole name.
    (Meaning::LastFirst, ""),
    (
        Meaning::Field(Field::KnownAs),
        "knownas preferredname preferredfirstname nickname alias displayfirstname goesby commonname rufname spitzname \
         prenomusuel prenomusage surnom roepnaam kaldenavn kallenavn tilltalsnamn apodo soprannome kutsumanimi",
    ),
    (
        Meaning::NamePrefix,
        "tussenvoegsel tussenvoegsels voorvoegsel voorvoegsels voorv tussenv lastnameprefix surnameprefix namensvorsatz",
    ),
    (
        Meaning::Field(Field::Email),
        "email emailaddress workemail workemailaddress mail primaryemail primaryemailaddress emailwork businessemail \
         companyemail corporateemail officeemail useremail emailid mailaddress emailprimary contactemail \
         emailadresse mailadresse dienstlicheemail emaildienstlich geschaftlicheemail emailgeschaftlich \
         courriel adresseemail adressemail adresseelectronique adressemel mel emailprofessionnel emailpro mailprofessionnel \
         adressedecourriel courrielprofessionnel adressedemessagerie \
         correo correoelectronico correoelectronicocorporativo correotrabajo correodetrabajo direcciondecorreo \
         direcciondecorreoelectronico correocorporativo emailcorporativo \
         indirizzoemail postaelettronica emailaziendale mailaziendale indirizzodipostaelettronica \
         emailadres mailadres zakelijkemail zakelijkemailadres werkemail emailwerk \
         correioeletronico enderecodeemail enderecoeletronico \
         adresemail poczta pocztaelektroniczna emailsluzbowy adrespocztyelektronicznej \
         epost epostadresse epostadress arbejdsmail arbejdsmailadresse arbejdsemailadresse dienstlichemailadresse firmenmail firmenemail mejl mejladress jobbmail sahkoposti sahkopostiosoite emailcim emailaddr eposta epostaadresi emailovaadresa arbejdsemail emailinstitucional correioinstitucional \
         userprincipalname principalname upn secondemail secondaryemail alternateemail privateemail personalemail homeemail \
         emailprivate emailpersonal emailhome emailprivat privatemail emailpersonnel correopersonal username userlogin login \
         loginname benutzername nomdutilisateur identifiant usuario utente gebruikersnaam brugernavn anvandarnamn",
    ),
    (
        Meaning::Field(Field::DateOfBirth),
        "dateofbirth dob birthdate birthday born birth borndate bday fnacim fecnacim fechanacim fnac fnasc dtnasc dtnascimento \
         geburtsdatum geburtstag gebdatum gebdat geb geborenam datedenaissance datenaissance naissance neele nele neel \
         fechadenacimiento fechanacimiento fecnacimiento fnacimiento nacimiento datadinascita datanascita nascita \
         geboortedatum geboortedag datadenascimento datanascimento nascimento dataurodzenia urodzony \
         fodselsdato fodselsdag foedselsdato foedselsdag fodt foedt fodelsedatum fodelsedag fodd brthdt gebam datenaiss datedenaiss naissdate natoil natail natoail datanasc datadenasc nascidoem dataur dataurodz fecnac fechanac datumnarozeni datumnarodenia szuletesidatum szuletesiido datanasterii dogumtarihi gebdag \
         syntymaaika syntymapaiva",
    ),
    (
        Meaning::Field(Field::JobTitle),
        "jobtitle jobname positiontitle job position jobrole jobposition positionname businesstitle \
         occupation role rolename title post jobfunction function jobassignmentfullname designation jobprofile jobtype jobtypes \
         berufsbezeichnung stellenbezeichnung stellentitel stelle tatigkeit funktion beruf jobbezeichnung \
         positionsbezeichnung planstelle poste intituledeposte intituleduposte intituledupost titredeposte fonction emploi \
         metier titre intitule puesto puestodetrabajo cargo ocupacion titulodelpuesto categoriaprofesional posizione mansione \
         qualifica ruolo titolo functie functietitel functienaam functieomschrijving rol funcao posicao stanowisko \
         stanowiskopracy funkcja stilling stillingsbetegnelse stillingstittel jobtitel titel tittel jobtyper medarbejdergruppe \
         medarbejdergrupper befattning befattningstitel yrke yrkestitel yrkesroll tjanst roll nimike tehtavanimike tehtava fkt pracovnipozice pozice pracovnapozicia munkakor beosztas functia gorevi gorev unvan pozisyon \
         ammatti",
    ),
    (
        Meaning::Field(Field::Branch),
        "branch branchname branchcode site sitename location locationname worklocation primarylocation workplace store \
         storename outlet venue restaurant hotel property office officelocation businessunit businessunitid businessunitname \
         feedid institution shop unit campus \
         standort filiale niederlassung betriebsstatte arbeitsort einsatzort dienstort betrieb \
         etablissement lieudetravail agence magasin succursale lieu centro centrodetrabajo sucursal sede ubicacion tienda \
         local oficina sededilavoro luogodilavoro negozio vestiging locatie filiaal standplaats werkplek werklocatie \
         filial unidade loja localdetrabalho oddzial lokalizacja miejscepracy zaklad placowka \
         lokation butik butikk arbejdssted arbejdsplads arbeidssted lokasjon arbetsplats placering placeringsort toimipaikka \
         toimipiste city suburb town ort ville ciudad citta cidade miasto stad by paikkakunta",
    ),
    (
        Meaning::Field(Field::Department),
        "department departmentname dept deptname primarydepartment departments team primaryteam teamname division section \
         orgunit organisationunit organizationunit organisationalunit organizationalunit orgidnumber \
         abteilung bereich organisationseinheit orgeinheit departement service equipe direction pole \
         departamento area equipo seccion reparto dipartimento ufficio afdeling afdelingsnaam setor equipa dzial departament oddeleni osztaly bolum afd abt oe \
         wydzial zespol afdelinger avdeling avdelning enhet osasto tiimi yksikko costcentre costcenter region",
    ),
    (
        Meaning::Field(Field::StartDate),
        "startdate hiredate hireddate dateofhire datehired joindate datejoined joiningdate datejoining dateofjoining joined \
         hired startedon datestarted employmentstart employmentstartdate commencementdate datecommenced \
         continuousservicedate originalhiredate lasthiredate servicedate jobassignmentstartdate contractstartdate firstday \
         firstdayofwork start started \
         eintrittsdatum eintritt einstellungsdatum einstelldatum eintrittam beschaftigtseit startdatum anfangsdatum \
         vertragsbeginn datedentree dateentree datedembauche dateembauche datededebut datedebut datedarrivee debutdecontrat \
         entree fechadealta fechaalta fechadeingreso fechaingreso fechadecontratacion fechacontratacion fechadeinicio \
         fechainicio fechaantiguedad fechadeantiguedad alta datadiassunzione dataassunzione assunzione datainizio \
         datadiinizio datumindienst indienst indienstsinds datumindiensttreding begindatum ingangsdatumdienstverband \
         datadeadmissao dataadmissao admissao datadeinicio datadecontratacao datacontratacao datazatrudnienia \
         datarozpoczecia datarozpoczeciapracy zatrudnionyod ansaettelsesdato ansaettelsedato startdato ansatdato \
         tiltraedelsesdato anciennitetsdato ansettelsesdato ansattdato tiltredelsesdato ansattfra anstallningsdatum \
         anstallningsstart anstalldfran aloituspaiva tyosuhteenalku alkamispaiva alkupvm ansatden dataassunz assuntoil datumnastupu datumnastupudozamestnani felvetelnapja belepesdatuma dataangajarii isegiristarihi fingreso finicio dataadm dateembauch",
    ),
    (
        Meaning::Field(Field::EndDate),
        "enddate leavingdate leavedate dateofleaving terminationdate dateofleave dateterminated employmentend \
         employmentenddate dateleft lefton leftdate deactivationdate deactivatedon lastday lastdayofwork lastworkingday \
         lastworkingdate leaverdate exitdate dateofexit separationdate resignationdate finishdate contractenddate contractend \
         end austrittsdatum austritt austrittam vertragsende enddatum ausgetretenam letzterarbeitstag \
         datedesortie datesortie datededepart datedepart datedefin datefin findecontrat datefincontrat sortie \
         fechadebaja fechabaja baja fechafin fechadefin fechadesalida fechasalida fechadecese fechadetermino \
         datacessazione datadicessazione datafine datadifine cessazione datadimissioni datumuitdienst uitdienst einddatum \
         datumuitdiensttreding datadedemissao datademissao datadesligamento datadedesligamento datadesaida datasaida datafim \
         datatermino datazwolnieniaeniaeniapracy zatrudnionydo datarozwiazaniaumowy \
         fratraedelsesdato slutdato ophorsdato sluttdato fratredelsesdato slutdatum avgangsdatum anstallningsslut \
         sistaarbetsdag paattymispaiva tyosuhteenpaattyminen lopetuspaiva fratradtden dimessoil datacessaz datacess cessatoil datumvystupu kilepesdatuma datumukonceni istencikistarihi fbaja ffin fcese",
    ),
    (
        Meaning::Field(Field::Manager),
        "managerid reportsto reportstoid supervisorid linemanagerid manageremployeeid managernumber manageremployeenumber \
         reportingmanagerid vorgesetztenid",
    ),
    (
        Meaning::Field(Field::Status),
        "status employmentstatus employeestatus userstatus accountstatus positionstatus workerstatus statusdescription \
         activeinactive stateofemployment mitarbeiterstatus beschaftigungsstatus statut etat estado situacion stato situacao stan \
         tila statusanstallning anstallningsstatus ansaettelsesstatus ansettelsesstatus state statuszatrudnienia statusdoemprego \
         situacaofuncional stav allapot durum stare statusdipendente",
    ),
    (
        Meaning::Field(Field::Phone),
        "phone phonenumber mobile mobilephone mobilenumber mobilephonenumber telephone telephonenumber tel cell cellphone \
         cellphonenumber contactnumber primaryphone workphone homephone \
         telefon telefonnummer mobil mobiltelefon mobilnummer handy handynummer rufnummer portable telephoneportable \
         numerodetelephone telefono movil celular telefonomovil numerodetelefono cellulare numeroditelefono telefoon \
         telefoonnummer mobiel gsm telefone telemovel numertelefonu komorka telefonkomorkowy tlf mobiltlf mobilnr \
         puhelin puhelinnumero matkapuhelin",
    ),
    (
        Meaning::Field(Field::Address),
        "address addressline1 address1 street streetaddress street1 homeaddress postaladdress \
         adresse strasse strassehausnummer anschrift rue adressepostale direccion domicilio calle indirizzo via adres straat \
         endereco morada rua ulica adress gatuadress vej gade gate osoite katuosoite",
    ),
    (
        Meaning::Field(Field::Postcode),
        "postcode postalcode zip zipcode postalzip postnummer postnr plz postleitzahl codepostal codigopostal cap cep \
         kodpocztowy postinumero eircode",
    ),
    (
        Meaning::ValidFrom,
        "validfrom effectivedate effectivefrom effectivefromdate datefrom asofdate changedate positionstartdate \
         gultigab gueltigab gultigvon dateeffet datedeffet fechaefectiva fechadeefecto vigenciadesde decorrenza datadecorrenza \
         ingangsdatum geldigvanaf gyldigfra gallerfran wazneod obowiazujeod voimassaalkaen",
    ),
    (
        Meaning::Flag(Flag::Active),
        "active isactive enabled isenabled accountenabled currentemployee aktiv actif activo attivo actief ativo aktywny",
    ),
    (
        Meaning::Flag(Flag::Over),
        "inactive isinactive deleted isdeleted archived isarchived disabled isdisabled deactivated deactivate terminated \
         leaver isleaver isterminated inaktiv inactif inactivo geloscht archiviert",
    ),
    (Meaning::Flag(Flag::Unclear), "suspended issuspended locked islocked blocked"),
    (Meaning::Field(Field::AccessProfile), "accessprofile userprofile"),
    (
        Meaning::Private,
        "password nationalinsurancenumber nationalinsurance ninumber nino ssn socialsecuritynumber socialsecurity bankaccount \
         accountnumber bankaccountnumber iban bic sortcode nationality citizenship gender sex religion ethnicity \
         ethnicorigin disability maritalstatus salary pay payrate taxcode taxid passport passportnumber bloodgroup \
         personnummer cprnummer cprnr cpr fodselsnummer personnr pesel bsn burgerservicenummer nir numerosecuritesociale \
         numerodesecuritesociale steuerid steuernummer sozialversicherungsnummer svnummer dni nif nie cpf codicefiscale \
         staatsangehorigkeit nationalite nacionalidad nazionalita nationaliteit geschlecht sexe genero sesso geslacht \
         konfession gehalt salaire henkilotunnus",
    ),
];

/// Heads of whole names that say that the last name comes first.
const LAST_NAME_FIRST: &str = "nometprenom nomprenom apellidosynombre apellidosnombre cognomeenome cognomenome nazwiskoiimie \
    nachnamevorname nominativo surnameforename lastnamefirstname surnamefirstname familynamegivenname lastfirst lastnamefirst \
    namevorname";

/// Words that say of a column that it is about somebody or something else.
const SOMEONE_ELSE: &str = "manager managers supervisor emergency kin kontaktperson partner company firma previous former \
    parent vorgesetzter vorgesetzte responsable jefe superior leder chef leidinggevende przelozony bank created createdby \
    modified updated lastlogin referrer mentor buddy approver reports spouse dependant";

/// What is said of a column beside its name.
const DECORATION: &str = "required optional mandatory pflichtfeld obligatoire obligatorio obbligatorio verplicht obligatorisk \
    description text value readonly";

/// Words before a name of a column that say nothing of it.
const LEAD: &str = "employee employees user person worker staff learner member current primary main hr my mitarbeiter \
    medarbejder medewerker";

fn is_among(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}

/// `N°` and how Spain and Portugal write it.
const NUMERO: [&str; 8] = ["N.º", "n.º", "Nº", "nº", "N.°", "n.°", "N°", "n°"];

/// A `#` is a number, and so is `N°`.
fn plain(head: &str) -> String {
    let mut head = head.replace(['#', '№'], " number ");
    for sign in NUMERO {
        head = head.replace(sign, " numero ");
    }
    head
}

/// Letters and digits in lower case, accents folded, without blanks: what is left of `Prénom *`. A `#` is a number.
pub fn folded(head: &str) -> String {
    text::fold(&plain(head)).replace(' ', "")
}

/// A head without what stands in brackets, and what stood there.
fn without_brackets(head: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_usize);
    for c in head.chars() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' if depth > 0 => {
                depth -= 1;
                inside.push(' ');
            }
            other if depth > 0 => inside.push(other),
            other => outside.push(other),
        }
    }
    if text::says_nothing(&outside) { (inside, String::new()) } else { (outside, inside) }
}

/// The hint of a head: what stands in brackets (`dd/mm/yyyy`).
pub fn hint(head: &str) -> String {
    without_brackets(head).1
}

/// Whether a head of whole names says that the last name comes first.
pub fn last_name_first(head: &str) -> bool {
    is_among(LAST_NAME_FIRST, &folded(&without_brackets(head).0))
}

/// The word of this head, if it is one.
fn known(word: &str) -> Option<(Meaning, usize)> {
    if word.is_empty() {
        return None;
    }
    WORDS.iter().find_map(|(meaning, words)| {
        words.split_ascii_whitespace().position(|one| one == word).map(|at| (*meaning, at))
    })
}

/// What a head means, if anything.
pub fn recognise(head: &str) -> Option<Recognised> {
    let sure = |(meaning, rank)| Recognised { meaning, rank, certainty: Certainty::Sure };
    let whole = folded(head);
    // Nothing that stands in the table is as long; and when somebody was here last is no address.
    if whole.len() > 120 || whole.contains("lastlog") {
        return None;
    }
    if let Some(found) = known(&whole) {
        return Some(sure(found));
    }
    let (bare, _) = without_brackets(head);
    let bare = plain(&bare);
    let mut words: Vec<String> = text::fold(&bare).split(' ').map(str::to_owned).collect();
    while words.len() > 1 && words.last().is_some_and(|word| is_among(DECORATION, word)) {
        words.pop();
    }
    if let Some((meaning, rank)) = known(&words.concat()) {
        return Some(sure((meaning, rank + 1)));
    }
    if words.iter().any(|word| is_among(SOMEONE_ELSE, word)) {
        return None;
    }
    parts_of(&bare)
        .into_iter()
        .find_map(|part| known(&folded(&part)))
        .map(|(meaning, rank)| sure((meaning, rank + 100)))
        .or_else(|| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            among(&words)
        })
}

/// What stands behind a colon, and each of two names with a slash between them.
fn parts_of(head: &str) -> Vec<String> {
    let behind = head.rsplit_once(':').map(|(_, behind)| behind.to_owned());
    let sides = head.split(['/', '|', ';']).map(str::to_owned);
    behind.into_iter().chain(sides).collect()
}

/// The longest run of words that is a word for something, preferably at the end.
fn among(words: &[&str]) -> Option<Recognised> {
    let lead = words.first().is_some_and(|word| is_among(LEAD, word));
    for length in (1..words.len()).rev() {
        for from in (0..=words.len() - length).rev() {
            let run = words.get(from..from + length).unwrap_or_default().concat();
            // Short words stand for too much.
            let long_enough = run.len() >= 4 || (run == "id" && length == 1 && words.len() == 2);
            let ends = from + length == words.len();
            if let Some((meaning, rank)) = known(&run)
                && long_enough
                && (ends || from == 0)
                && !(meaning == Meaning::FullName && length == 1)
                // `Job family`, `Given hours`.
                && !matches!(run.as_str(), "family" | "given")
            {
                let plain = lead && from == 1 && ends;
                let certainty = if plain { Certainty::Sure } else { Certainty::Likely };
                let rank = rank + if plain { 200 } else { LIKELY };
                return Some(Recognised { meaning, rank, certainty });
            }
        }
    }
    None
}

/// From this likeness on a head may be a misspelt word.
const NEAR: f64 = 0.8;

/// The meaning whose words are most like a head that is none of them.
pub fn near(head: &str) -> Option<Meaning> {
    let (bare, _) = without_brackets(head);
    if text::fold(&bare).split(' ').any(|word| is_among(SOMEONE_ELSE, word)) {
        return None;
    }
    let wanted = folded(&bare);
    if wanted.len() < 4 || wanted.len() > 40 {
        return None;
    }
    let mut best: Option<(f64, Meaning)> = None;
    for (meaning, words) in WORDS.iter().filter(|(meaning, _)| *meaning != Meaning::Private) {
        for word in words.split_ascii_whitespace().filter(|word| word.len() >= 4) {
            let score = rapidfuzz::distance::osa::normalized_similarity(wanted.bytes(), word.bytes());
            if score >= NEAR && best.is_none_or(|(most, _)| score > most) {
                best = Some((score, *meaning));
            }
        }
    }
    best.map(|(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn key(head: &str) -> Option<&'static str> {
        recognise(head).map(|found| found.meaning.key())
    }

    #[test]
    fn each_word_means_one_thing_and_each_field_has_words() {
        let mut seen: BTreeMap<&str, Meaning> = BTreeMap::new();
        for (meaning, words) in WORDS {
            for word in words.split_ascii_whitespace() {
                assert_eq!(folded(word), word);
                if let Some(other) = seen.insert(word, meaning) {
                    panic!("{word} means {} and {}", other.words(), meaning.words());
                }
            }
        }
        for field in Field::STANDARD {
            assert!(WORDS.iter().any(|(meaning, _)| *meaning == Meaning::Field(field)), "{field:?}");
            assert_eq!(Meaning::from_key(field.key()), Some(Meaning::Field(field)));
            assert_eq!(key(field.key()), Some(field.key()), "its own name is a word for it");
        }
    }

    #[test]
    fn what_is_said_beside_a_name_does_not_count() {
        for (head, expected) in [
            ("Employee ID (required)", "id"),
            ("Employee #", "id"),
            ("Emp. No.", "id"),
            ("First Name [Required]", "first_name"),
            ("First name [givenName]", "first_name"),
            ("User name [userPrincipalName] Required", "email"),
            ("Employee First Name", "first_name"),
            ("Surname / Family name", "last_name"),
            ("Work Contact: Work Email", "email"),
            ("E-mail *", "email"),
            ("Job Title Description", "job_title"),
            ("Employee Title", "job_title"),
            ("Date of Birth (DD/MM/YYYY)", "date_of_birth"),
            ("Geb.-Datum", "date_of_birth"),
            ("Personal-Nr.", "id"),
            ("HR Employee Number", "id"),
            ("N° matricule", "id"),
            ("Nº empleado", "id"),
            ("N.º do funcionário", "id"),
            ("Primary Work Location", "branch"),
        ] {
            assert_eq!(key(head), Some(expected), "{head}");
        }
        assert_eq!(hint("Start date (dd/mm/yyyy)"), "dd/mm/yyyy ");
    }

    #[test]
    fn what_is_about_somebody_else_is_not_read() {
        for head in [
            "Manager Email",
            "Last log-in",
            "Last Login Date",
            "Line Manager Name",
            "Reports To Email",
            "Emergency contact phone",
            "",
            "Shoe size",
        ] {
            assert_eq!(key(head), None, "{head}");
        }
        assert_eq!(key("Personnummer"), Some("private"));
        assert_eq!(near("Frist name").map(Meaning::key), Some("first_name"));
        assert_eq!(near("Employee Type"), None);
    }
}
